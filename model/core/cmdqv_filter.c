/* What the owner of a VCMDQ may ask of the SMMU. A VINTF with HYP_OWN gives any command, as it is;
 * another one gives those that a guest needs, and the VMID is that of the VINTF whatever the guest
 * wrote. IHI 0070 4.4, 4.5.1, 4.7.3. */
#include "arch/structs.h"
#include "core/cmdqv.h"
#include "util/check.h"

/* The StreamID that a guest names stands for another one, as SID_MATCH and SID_REPLACE say; of two
 * entries for one the lower counts. */
static unsigned replace_sid(const struct smmu *s, const struct vintf *v, uint64_t words[2])
{
  uint64_t sid = FGET(ATC_INV, SID, words);

  for (unsigned i = 0; i < 1u << s->config.cmdqv.sids_log2; i++) {
    if (!GET(VINTF_SID_MATCH, ENABLE, v->sid_match[i]) ||
        GET(VINTF_SID_MATCH, VIRT_SID, v->sid_match[i]) != sid)
      continue;
    FPUT(ATC_INV, SID, words, GET(VINTF_SID_REPLACE, PHYS_SID, v->sid_replace[i]));
    return CERROR_NONE;
  }
  return CERROR_ILL_ACCESS;
}

unsigned smmu_cmdqv_admit(const struct smmu *s, unsigned vcmdq, uint64_t words[2])
{
  uint32_t owner = smmu_vcmdq_owner(s, vcmdq);
  uint64_t config;

  CHECK(owner != SMMU_NO_INDEX); /* or the queue would not run */
  config = vintf_const(s, owner)->config;
  if (GET(VINTF_CONFIG, HYP_OWN, config))
    return CERROR_NONE;
  switch (FGET(CMD, Opcode, words)) {
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NH_VA: FPUT(CMD, VMID, words, GET(VINTF_CONFIG, VMID, config)); return CERROR_NONE;
  case CMD_ATC_INV:
    return s->features.ats ? replace_sid(s, vintf_const(s, owner), words) : CERROR_ILL;
  case CMD_SYNC: /* nothing but CONS may tell of completion */
    return FGET(SYNC, CS, words) == 0 ? CERROR_NONE : CERROR_ILL;
  default: return CERROR_ILL;
  }
}
