/* What the owner of a VCMDQ may ask of the SMMU. A VINTF with HYP_OWN gives any command, as it is;
 * another one gives those that a guest needs, and the VMID is that of the VINTF whatever the guest
 * wrote. IHI 0070 4.4, 4.7.3. Left out: ATC_INV, which is illegal on a device without ATS, and with
 * it the StreamID table. */
#include "arch/structs.h"
#include "core/cmdqv.h"
#include "util/check.h"

bool smmu_cmdqv_admit(const struct smmu *s, unsigned vcmdq, uint64_t words[2])
{
  uint32_t owner = smmu_vcmdq_owner(s, vcmdq);
  uint64_t config;

  CHECK(owner != SMMU_NO_INDEX); /* or the queue would not run */
  config = vintf_const(s, owner)->config;
  if (GET(VINTF_CONFIG, HYP_OWN, config))
    return true;
  switch (FGET(CMD, Opcode, words)) {
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NH_VA: FPUT(CMD, VMID, words, GET(VINTF_CONFIG, VMID, config)); return true;
  case CMD_SYNC: return FGET(SYNC, CS, words) == 0; /* nothing but CONS may tell of completion */
  default: return false;
  }
}
