/* What a transaction brings to a TBU beside address and data: TLM extension of the payload.
 *
 *   smmu_tlm_ext stream;
 *   stream.sid = 0x20;
 *   payload.set_extension(&stream);
 *   socket->b_transport(payload, delay);      stream.result tells what became of it
 *   payload.clear_extension(&stream);
 *
 * smmu_tlm refuses a payload without it. It stays on the payload on the way to memory, and pieces
 * of a split transfer carry copies. IHI 0070 3.2, 3.3. */
#ifndef SMMU_TLM_EXT_H
#define SMMU_TLM_EXT_H

#include <cstdint>

#include <tlm>

#include "smmu/smmu.h"

class smmu_tlm_ext : public tlm::tlm_extension<smmu_tlm_ext> {
public:
  uint32_t sid = 0;         /* StreamID */
  uint32_t ssid = 0;        /* SubstreamID; looked at only when ssv */
  bool ssv = false;         /* SubstreamID valid */
  bool instruction = false; /* instruction fetch (InD = 1); reads only */
  bool privileged = false;  /* PnU = 1 */
  /* enum smmu_txn_kind. A Translation Request reads and writes nothing: a write command asks to
   * write too, and result is the whole answer. */
  uint8_t kind = SMMU_TXN_ORDINARY;

  /* Written by smmu_tlm: the translation of the last piece, which is the failing one if there is
   * one. Not written when the payload was refused before it was translated. */
  smmu_result result{};

  tlm::tlm_extension_base *clone() const override
  {
    return new smmu_tlm_ext(*this);
  }
  void copy_from(const tlm::tlm_extension_base &other) override
  {
    *this = static_cast<const smmu_tlm_ext &>(other);
  }
};

#endif
