/* Every command error of every kind of queue, with the values of CONS, GERROR and GERRORN as
 * literals. IHI 0070 7.1, 7.5. A code without a case here fails the last case. */
#include "shim/rig_ats.h"
#include "shim/rig_cmdqv.h"
#include "shim/rig_ecmdq.h"

enum queue_kind { CMDQ, VCMDQ, ECMDQ, QUEUE_KINDS };

enum { CODES = 8 };

static bool has_case[QUEUE_KINDS][CODES];

/* What is to be read when the queue has stopped. */
struct stopped {
  uint32_t cons, gerror, gerrorn;
};

static void expect_stopped(struct rig *rig, unsigned kind, const struct stopped *wanted)
{
  if (kind != VCMDQ) {
    EXPECT_EQ(kind == CMDQ ? rig_reg(rig, 0x9c) : rig_ereg(rig, 0, 12), wanted->cons);
    EXPECT_EQ(rig_reg(rig, 0x60), wanted->gerror);
    EXPECT_EQ(rig_reg(rig, 0x64), wanted->gerrorn);
  } else {
    EXPECT_EQ(rig_cmdqv_read(rig, 0x10000, 4), wanted->cons);
    EXPECT_EQ(rig_cmdqv_read(rig, 0x10010, 4), wanted->gerror);
    EXPECT_EQ(rig_cmdqv_read(rig, 0x10014, 4), wanted->gerrorn);
    EXPECT_EQ(rig_reg(rig, 0x60), 0u);
  }
}

/* A case named after the queue and the code: its body makes the error. */
#define CERROR(kind, code, name, ...) \
  static void make_##kind##_##name(struct rig *rig); \
  __attribute__((constructor)) static void enter_##kind##_##name(void) \
  { \
    has_case[kind][code] = true; \
  } \
  ENGINE_TEST(Cerrors, kind##_##name) \
  { \
    const struct stopped wanted = { __VA_ARGS__ }; \
    EXPECT_EQ(wanted.cons >> 24 & 7, (uint32_t)(code)); \
    make_##kind##_##name(rig); \
    expect_stopped(rig, kind, &wanted); \
  } \
  static void make_##kind##_##name(struct rig *rig)

/* The same device with ATS, and an endpoint that never answers. */
static void silent_endpoint(struct rig *rig)
{
  static struct rig_endpoint silent;
  struct smmu_config config = rig->config;

  silent = (struct rig_endpoint){ .answer = ENGINE_ANSWER_NEVER, .timeout_ps = 1000 };
  config.idr[0] |= 1u << 10;
  rig_restart(rig, &config);
  rig_listen(rig, &silent);
}

/* ---- the SMMU's own queue ---- */

CERROR(CMDQ, 0, none, 0x00000003, 0, 0)
{
  rig_cmds(rig, "TLBI_NH_ALL; CFGI_ALL; SYNC");
}

CERROR(CMDQ, 1, unknown_opcode, 0x01000002, 1, 0)
{
  rig_push(rig, "TLBI_NH_ALL; SYNC; OP_0xff; TLBI_NH_ALL");
}

CERROR(CMDQ, 1, second_error_toggles_back, 0x01000003, 0, 1)
{
  rig_push(rig, "TLBI_NH_ALL; SYNC; OP_0xff; OP_0xfe");
  rig_put_cmd(rig, 2, "SYNC");
  rig_set_reg(rig, 0x64, 1);
}

CERROR(CMDQ, 1, reserved_sync_signal, 0x01000000, 1, 0)
{
  rig_push(rig, "SYNC cs=3");
}

CERROR(CMDQ, 2, aborted_read, 0x02000001, 1, 0)
{
  rig_put_cmd(rig, 0, "TLBI_NH_ALL");
  engine_memory_inject_abort(rig->memory, RIG_CMDQ + 16, 16, true);
  rig_set_reg(rig, 0x98, 3);
}

CERROR(CMDQ, 3, timeout, 0x03000002, 1, 0)
{
  silent_endpoint(rig);
  rig_push(rig, "TLBI_NH_ALL; ATC_INV sid=1 size=0; SYNC; TLBI_NH_ALL");
}

/* ---- a virtual queue ---- */

static void virtual_queue(struct rig *rig, unsigned owner)
{
  rig_cmdqv(rig, 1, 2);
  silent_endpoint(rig);
  rig_vintf(rig, 0, owner == RIG_GUEST ? 5 : 0, owner);
  rig_vcmdq(rig, 0, 0, 0);
}

CERROR(VCMDQ, 0, none, 0x00000002, 0, 0)
{
  virtual_queue(rig, RIG_HYP_OWN);
  rig_vcmds(rig, 0, "TLBI_NH_ALL; SYNC");
}

CERROR(VCMDQ, 1, unknown_opcode, 0x01000001, 1, 0)
{
  virtual_queue(rig, RIG_HYP_OWN);
  rig_vpush(rig, 0, "TLBI_NH_ALL; OP_0xff; SYNC");
}

CERROR(VCMDQ, 2, aborted_read, 0x02000001, 1, 0)
{
  virtual_queue(rig, RIG_GUEST);
  engine_memory_inject_abort(rig->memory, RIG_VCMDQ(0) + 16, 16, true);
  rig_vpush(rig, 0, "TLBI_NH_ASID asid=7");
  rig_set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 3);
}

CERROR(VCMDQ, 1, not_for_a_guest, 0x01000001, 1, 0)
{
  virtual_queue(rig, RIG_GUEST);
  rig_vpush(rig, 0, "TLBI_NH_ASID asid=7; CFGI_STE sid=1; SYNC");
}

CERROR(VCMDQ, 3, timeout, 0x03000001, 1, 0)
{
  virtual_queue(rig, RIG_HYP_OWN);
  rig_vpush(rig, 0, "ATC_INV sid=1 size=0; SYNC");
}

/* VINTF 0 begins at 0x1000: SID_MATCH at 0x40, SID_REPLACE at 0x80. */
CERROR(VCMDQ, 4, stream_of_somebody_else, 0x04000001, 1, 0)
{
  virtual_queue(rig, RIG_GUEST);
  rig_cmdqv_write(rig, 0x1080, 1, 4);
  rig_cmdqv_write(rig, 0x1040, 0x20 << 1 | 1, 4);
  rig_vpush(rig, 0, "TLBI_NH_ASID asid=7; ATC_INV sid=1 size=0; SYNC");
}

/* ---- an enhanced queue: EN is bit 31, the toggling ERR bit 23, ERR_REASON bits 26:24 ---- */

static void enhanced_queue(struct rig *rig)
{
  rig_ecmdqs(rig, 1, 2);
  silent_endpoint(rig);
  rig_ecmdq_on(rig, 0);
}

CERROR(ECMDQ, 0, none, 0x80000002, 0, 0)
{
  enhanced_queue(rig);
  rig_ecmds(rig, 0, "TLBI_NH_ALL; SYNC");
}

CERROR(ECMDQ, 1, unknown_opcode, 0x81800001, 0x200, 0)
{
  enhanced_queue(rig);
  rig_epush(rig, 0, "TLBI_NH_ALL; OP_0xff; SYNC");
}

CERROR(ECMDQ, 1, acknowledged_and_again, 0x81000002, 0x200, 0)
{
  enhanced_queue(rig);
  rig_epush(rig, 0, "TLBI_NH_ALL; OP_0xff; OP_0xfe");
  rig_put_ecmd(rig, 0, 1, "SYNC");
  rig_eack(rig, 0);
}

CERROR(ECMDQ, 2, aborted_read, 0x82800001, 0x200, 0)
{
  enhanced_queue(rig);
  engine_memory_inject_abort(rig->memory, RIG_ECMDQ(0) + 16, 16, true);
  rig_epush(rig, 0, "TLBI_NH_ALL");
  rig_set_ereg(rig, 0, 8, 0x80000003);
}

CERROR(ECMDQ, 3, timeout, 0x83800002, 0x200, 0)
{
  enhanced_queue(rig);
  rig_epush(rig, 0, "TLBI_NH_ALL; ATC_INV sid=1 size=0; SYNC");
}

/* ---- all of them ---- */

TEST_CASE(CerrorList, EveryCodeOfEveryQueueHasACase)
{
  static const uint8_t codes[QUEUE_KINDS][CODES] = {
    [CMDQ] = { 0, 1, 2, 3 },
    [VCMDQ] = { 0, 1, 2, 3, 4 },
    [ECMDQ] = { 0, 1, 2, 3 },
  };

  for (unsigned kind = 0; kind < QUEUE_KINDS; kind++) {
    for (unsigned i = 0; i < CODES; i++) {
      if (!has_case[kind][codes[kind][i]])
        ADD_TEST_FAILURE("queue %u: no case for error %u", kind, codes[kind][i]);
    }
  }
}
