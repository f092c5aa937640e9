/* Rules of single commands: what the SMMU, or the owner of a VCMDQ, refuses, ignores or takes for
 * something else. IHI 0070 4.1, 4.4.1, 4.5, 4.7.3. What ID registers say counts once software has
 * read them. Left out: what a range and its leaves should be (check_pay.c), DPTI. */
#include "arch/cmd.h"
#include "arch/cmdqv.h"
#include "arch/structs.h"
#include "watch/check_state.h"

enum { CS_IRQ = 1, CS_RESERVED = 3, RESP_RESERVED = 3, ATC_SIZE_ALL = 52, STALLS_NEVER = 1 };

/* A command under judgement. */
struct judged {
  struct check *c;
  const struct check_world *w;
  const struct check_command *command;
  const uint64_t *words;
  unsigned opcode;
};

void check_command_masks(uint64_t masks[256][2])
{
  for (unsigned opcode = 0; opcode < 256; opcode++)
    smmu_cmd_fields((uint8_t)opcode, masks[opcode]);
}

static void tell(const struct judged *j, unsigned rule, const char *what)
{
  char text[SMMU_CMD_TEXT_MAX];

  smmu_cmd_print(j->words, text, sizeof text);
  check_tell(j->c, rule, &j->command->at, "%s: %s", text, what);
}

/* A field of IDR0 to IDR5; `otherwise` while software has not read it. */
static uint64_t id(const struct judged *j, unsigned reg, unsigned hi, unsigned lo,
                   uint64_t otherwise)
{
  const struct check_register *r = &j->w->reg[reg];

  return r->saw.record ? bits_get(r->read, hi, lo) : otherwise;
}

#define ID(j, reg, field, otherwise) \
  id(j, R_##reg, reg##_##field##_HI, reg##_##field##_LO, otherwise)

static bool is_tlbi(unsigned opcode)
{
  return opcode >= CMD_TLBI_NH_ALL && opcode <= CMD_TLBI_NSNH_ALL;
}

/* TLBI_NH_VA, NH_VAA, EL2_VA, EL2_VAA, S2_IPA. */
static bool has_address(unsigned opcode)
{
  return (opcode & ~0x11u) == (CMD_TLBI_NH_VA & ~0x11u) || opcode == CMD_TLBI_EL2_VA ||
         opcode == CMD_TLBI_EL2_VAA || opcode == CMD_TLBI_S2_IPA;
}

/* ---- CERROR_ILL ---- */

static const char *illegal(const struct judged *j)
{
  const uint64_t *words = j->words;

  if (!j->c->command_mask[j->opcode][0])
    return "no command has this opcode";
  if (j->opcode <= CMD_CFGI_VMS_PIDM && FGET(CMD, SSec, words))
    return "SSec is set";
  if (j->opcode == CMD_SYNC && FGET(SYNC, CS, words) == CS_RESERVED)
    return "CS is reserved";
  if (j->opcode == CMD_PRI_RESP && FGET(PRI_RESP, Resp, words) == RESP_RESERVED)
    return "Resp is reserved";
  if (j->opcode == CMD_ATC_INV && FGET(ATC_INV, Size, words) > ATC_SIZE_ALL)
    return "Size is beyond 52";
  return NULL;
}

static const char *absent(const struct judged *j)
{
  switch (j->opcode) {
  case CMD_CFGI_CD:
  case CMD_CFGI_CD_ALL:
  case CMD_TLBI_NH_ALL:
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NH_VA:
  case CMD_TLBI_NH_VAA: return ID(j, IDR0, S1P, 1) ? NULL : "IDR0.S1P is 0";
  case CMD_TLBI_EL2_ALL:
  case CMD_TLBI_EL2_ASID:
  case CMD_TLBI_EL2_VA:
  case CMD_TLBI_EL2_VAA: return ID(j, IDR0, HYP, 1) ? NULL : "IDR0.HYP is 0";
  case CMD_TLBI_S12_VMALL:
  case CMD_TLBI_S2_IPA: return ID(j, IDR0, S2P, 1) ? NULL : "IDR0.S2P is 0";
  case CMD_ATC_INV: return ID(j, IDR0, ATS, 1) ? NULL : "IDR0.ATS is 0";
  case CMD_PRI_RESP: return ID(j, IDR0, PRI, 1) ? NULL : "IDR0.PRI is 0";
  case CMD_RESUME:
  case CMD_STALL_TERM:
    return ID(j, IDR0, STALL_MODEL, 0) == STALLS_NEVER ? "IDR0.STALL_MODEL is 1" : NULL;
  case CMD_CFGI_VMS_PIDM: return ID(j, IDR3, MPAM, 1) ? NULL : "IDR3.MPAM is 0";
  case CMD_DPTI_ALL:
  case CMD_DPTI_PA: return ID(j, IDR3, DPT, 1) ? NULL : "IDR3.DPT is 0";
  default: return NULL;
  }
}

/* ---- numbers ---- */

static const char *out_of_range(const struct judged *j)
{
  const uint64_t *words = j->words;
  uint64_t mask = j->c->command_mask[j->opcode][0];
  bool sid = j->opcode != CMD_CFGI_STE_RANGE && !is_tlbi(j->opcode) && mask >> 32 == UINT32_MAX &&
             j->opcode != CMD_SYNC;

  if (sid && FGET(CMD, SID, words) >> ID(j, IDR1, SIDSIZE, 32))
    return "the StreamID is beyond IDR1.SIDSIZE";
  if (mask & 1u << CMD_SSV_LO && FGET(CMD, SSV, words) &&
      FGET(CMD, SSID, words) >> ID(j, IDR1, SSIDSIZE, 20))
    return "the SubstreamID is beyond IDR1.SSIDSIZE";
  if (!is_tlbi(j->opcode))
    return NULL;
  if (mask & bits_mask(CMD_ASID_HI, CMD_ASID_LO) && FGET(CMD, ASID, words) > UINT8_MAX &&
      !ID(j, IDR0, ASID16, 1))
    return "the ASID has more than 8 bits";
  if (mask & bits_mask(CMD_VMID_HI, CMD_VMID_LO) && FGET(CMD, VMID, words) > UINT8_MAX &&
      !ID(j, IDR0, VMID16, 1))
    return "the VMID has more than 8 bits";
  return NULL;
}

/* Range and hint of a TLBI by address. IHI 0070 4.4.1.1. */
static const char *bad_range(const struct judged *j)
{
  static const uint8_t page_log2[4] = { 12, 12, 14, 16 };
  unsigned tg = (unsigned)FGET(CMD, TG, j->words), ttl = (unsigned)FGET(CMD, TTL, j->words);
  unsigned stride = page_log2[tg] - 3u, leaf_log2 = page_log2[tg];
  bool ranged = FGET(CMD, NUM, j->words) || FGET(CMD, SCALE, j->words);
  bool level = ttl && !(tg == 2 && ttl == 1 && !ID(j, IDR5, DS, 0));

  if (!tg)
    return ranged || ttl ? "NUM, SCALE and TTL count for nothing without TG" : NULL;
  if (!ranged && !level)
    return "NUM, SCALE and TTL 0 with TG are reserved";
  if (level)
    leaf_log2 += (3 - ttl) * stride;
  if ((FGET(CMD, ADDR, j->words) << 12) & ((1ULL << leaf_log2) - 1))
    return "the address is not aligned to what TG and TTL say";
  return NULL;
}

static void check_tlbi(const struct judged *j)
{
  bool uses = FGET(CMD, TG, j->words) || FGET(CMD, NUM, j->words) || FGET(CMD, SCALE, j->words) ||
              FGET(CMD, TTL, j->words);
  const char *why;

  if (uses && !ID(j, IDR3, RIL, 1)) {
    tell(j, CHECK_RANGE_ABSENT, "IDR3.RIL is 0");
    return;
  }
  why = bad_range(j);
  if (why)
    tell(j, CHECK_RANGE_MALFORMED, why);
}

static void check_atc_inv(const struct judged *j)
{
  unsigned size = (unsigned)FGET(ATC_INV, Size, j->words);
  uint64_t page = FGET(ATC_INV, ADDR, j->words);

  if (size < ATC_SIZE_ALL && page & ((1ULL << size) - 1))
    tell(j, CHECK_ATC_MISALIGNED, "the address is cut down to a multiple of the span");
}

/* ---- CMD_SYNC ---- */

/* The word at the MSI's address, as software has stored it last. */
static bool holds_already(const struct judged *j, uint64_t addr)
{
  const struct check_word *x = check_memory_find(j->w, addr & ~7ULL);

  return x && (uint32_t)(x->value >> (addr & 4) * 8) == (uint32_t)FGET(SYNC, MSIData, j->words);
}

static void check_sync(const struct judged *j)
{
  uint64_t addr = FGET(SYNC, MSIAddress, j->words) << 2;

  if (FGET(SYNC, CS, j->words) != CS_IRQ || !addr)
    return;
  if (!ID(j, IDR0, MSI, 1))
    tell(j, CHECK_SYNC_NO_MSI, "IDR0.MSI is 0");
  else if (holds_already(j, addr))
    tell(j, CHECK_SYNC_SAME, "the word there has this value already");
}

/* ---- all of them ---- */

static bool is_ignored(const struct judged *j)
{
  return (j->opcode == CMD_ATC_INV || j->opcode == CMD_PRI_RESP) &&
         !(j->w->reg[R_CR0].written & MASK(CR0, SMMUEN));
}

static void check_fields(const struct judged *j)
{
  const uint64_t *mask = j->c->command_mask[j->opcode];
  const char *why = out_of_range(j);

  if ((j->words[0] & ~mask[0]) || (j->words[1] & ~mask[1]))
    tell(j, CHECK_COMMAND_RESERVED, "reserved bits are set");
  if (why)
    tell(j, CHECK_COMMAND_NUMBER, why);
  if (has_address(j->opcode))
    check_tlbi(j);
  else if (j->opcode == CMD_ATC_INV)
    check_atc_inv(j);
  else if (j->opcode == CMD_SYNC)
    check_sync(j);
  if (is_ignored(j))
    tell(j, CHECK_COMMAND_IGNORED, "SMMUEN is 0");
}

/* What a queue of a VINTF without HYP_OWN takes. */
static const char *not_for_guests(const struct judged *j)
{
  switch (j->opcode) {
  case CMD_TLBI_NH_ASID:
  case CMD_TLBI_NH_VA:
  case CMD_ATC_INV: return NULL;
  case CMD_SYNC:
    return FGET(SYNC, CS, j->words) ? "only CONS may tell of a CMD_SYNC's completion" : NULL;
  default: return "it belongs into the SMMU's own queue";
  }
}

void check_command_submitted(struct check *c, const struct check_world *w,
                             const struct check_queue *q, const struct check_command *command)
{
  struct judged j = { c, w, command, command->words, (unsigned)FGET(CMD, Opcode, command->words) };
  const char *why = illegal(&j);

  if (why) {
    tell(&j, CHECK_COMMAND_ILLEGAL, why);
    return;
  }
  why = absent(&j);
  if (why) {
    tell(&j, CHECK_COMMAND_ABSENT, why);
    return;
  }
  why = q->kind == CHECK_VCMDQ && !check_cmdqv_owned(c, w, q) ? not_for_guests(&j) : NULL;
  if (why)
    tell(&j, CHECK_VCMDQ_COMMAND, why);
  check_fields(&j);
}
