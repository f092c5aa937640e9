/* Names of enumerators, for people. */
#include "smmu/dvm.h"
#include "smmu/err.h"
#include "smmu/smmu.h"

#define PICK(table, i) ((i) < sizeof(table) / sizeof((table)[0]) && (table)[i] ? (table)[i] : "?")

const char *smmu_err_text(int err)
{
  switch (err) {
  case SMMU_OK: return "no error";
#define X(name, number, text) \
  case SMMU_ERR_##name: return text;
    SMMU_ERR_LIST(X)
#undef X
  default: return "unknown error";
  }
}

const char *smmu_err_name(int err)
{
  switch (err) {
  case SMMU_OK: return "OK";
#define X(name, number, text) \
  case SMMU_ERR_##name: return #name;
    SMMU_ERR_LIST(X)
#undef X
  default: return "?";
  }
}

const char *smmu_stage_name(unsigned stage)
{
  static const char *const names[SMMU_STAGE_COUNT] = { [SMMU_STAGE_NONE] = "none",
                                                       [SMMU_STAGE_TBU] = "tbu",
                                                       [SMMU_STAGE_UTLB_FILL] = "utlb-fill",
                                                       [SMMU_STAGE_CFG_CACHE] = "cfg-cache",
                                                       [SMMU_STAGE_CFG_FETCH] = "cfg-fetch",
                                                       [SMMU_STAGE_MAIN_TLB] = "main-tlb",
                                                       [SMMU_STAGE_WALK_CACHE] = "walk-cache",
                                                       [SMMU_STAGE_WALK] = "walk",
                                                       [SMMU_STAGE_RESPOND] = "respond",
                                                       [SMMU_STAGE_EVENT] = "event",
                                                       [SMMU_STAGE_EVENT_WRITE] = "event-write",
                                                       [SMMU_STAGE_CMD_FETCH] = "cmd-fetch",
                                                       [SMMU_STAGE_CMD] = "cmd",
                                                       [SMMU_STAGE_INVALIDATE] = "invalidate",
                                                       [SMMU_STAGE_SYNC] = "sync",
                                                       [SMMU_STAGE_MSI] = "msi",
                                                       [SMMU_STAGE_REGISTER] = "register",
                                                       [SMMU_STAGE_UPDATE] = "update",
                                                       [SMMU_STAGE_ATS] = "ats",
                                                       [SMMU_STAGE_PRI] = "pri",
                                                       [SMMU_STAGE_STALL] = "stall" };

  return PICK(names, stage);
}

const char *smmu_ask_name(unsigned kind)
{
  static const char *const names[] = { "none", "read",   "write", "stage", "pick",
                                       "wait", "signal", "end",   "cas",   "send" };

  return PICK(names, kind);
}

const char *smmu_trace_name(unsigned category)
{
  static const char *const names[] = {
#define X(name, text) text,
    SMMU_TRACE_LIST(X)
#undef X
  };

  return PICK(names, category);
}

const char *smmu_read_name(unsigned read)
{
  static const char *const names[] = { "L1STD",         "STE",           "L1CD", "CD",
                                       "S1 descriptor", "S2 descriptor", "VMS" };

  return PICK(names, read);
}

const char *smmu_cache_name(unsigned cache)
{
  static const char *const names[] = { "configuration cache", "walk cache", "main TLB",
                                       "micro-TLB" };

  return PICK(names, cache);
}

const char *smmu_dvm_name(unsigned kind)
{
  static const char *const names[SMMU_DVM_KINDS] = {
    "sync",    "alle1",    "vmalle1", "vmalls12e1", "aside1", "vae1",  "vale1", "vaae1", "vaale1",
    "ipas2e1", "ipas2le1", "alle2",   "aside2",     "vae2",   "vale2", "vaae2", "vaale2"
  };

  return PICK(names, kind);
}
