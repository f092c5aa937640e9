/* CMDQV on the rig: rig_cmdqv.h. */
#include "shim/rig_cmdqv.h"

#include "arch/cmd.h"
#include "util/bits.h"
#include "util/check.h"

void rig_cmdqv(struct rig *rig, unsigned vintfs, unsigned vcmdqs)
{
  struct smmu_config config = rig->config;

  smmu_config_set_cmdqv(&config, vintfs, vcmdqs);
  rig_restart(rig, &config);
}

/* ---- registers ---- */

uint32_t rig_creg(struct rig *rig, uint64_t offset)
{
  return (uint32_t)rig_cmdqv_read(rig, offset, 4);
}

void rig_set_creg(struct rig *rig, uint64_t offset, uint32_t value)
{
  rig_cmdqv_write(rig, offset, value, 4);
}

uint32_t rig_vintf_reg(struct rig *rig, unsigned vintf, uint64_t offset)
{
  return rig_creg(rig, cmdqv_vintf(vintf) + offset);
}

void rig_set_vintf_reg(struct rig *rig, unsigned vintf, uint64_t offset, uint32_t value)
{
  rig_set_creg(rig, cmdqv_vintf(vintf) + offset, value);
}

uint32_t rig_vreg(struct rig *rig, unsigned vcmdq, uint64_t offset)
{
  return rig_creg(rig, cmdqv_vcmdq_page0(vcmdq) + offset);
}

void rig_set_vreg(struct rig *rig, unsigned vcmdq, uint64_t offset, uint32_t value)
{
  rig_set_creg(rig, cmdqv_vcmdq_page0(vcmdq) + offset, value);
}

void rig_poke_cmdqv(struct rig *rig, uint64_t offset, uint32_t value)
{
  smmu_cmdqv_write(rig->device, offset, value, 4, NULL);
}

/* ---- programming ---- */

void rig_vintf(struct rig *rig, unsigned vintf, unsigned vmid, unsigned hyp_own)
{
  uint32_t config = vmid << 1 | hyp_own << 17;

  rig_set_vintf_reg(rig, vintf, OFF_VINTF_CONFIG, config);
  rig_set_vintf_reg(rig, vintf, OFF_VINTF_CONFIG, config | 1);
  if (!(rig_vintf_reg(rig, vintf, OFF_VINTF_STATUS) & 1))
    ADD_TEST_FAILURE("VINTF %u is not enabled", vintf);
}

uint32_t rig_alloc_map(unsigned vintf, unsigned lvcmdq)
{
  return vintf << 15 | lvcmdq << 1 | 1;
}

void rig_allocate(struct rig *rig, unsigned vcmdq, unsigned vintf, unsigned lvcmdq)
{
  rig_set_creg(rig, OFF_CMDQV_CMDQ_ALLOC_MAP + 4ULL * vcmdq, rig_alloc_map(vintf, lvcmdq));
}

void rig_vring(struct rig *rig, unsigned vcmdq)
{
  rig_set_vreg(rig, vcmdq, OFF_VCMDQ_PROD_INDX, 0);
  rig_set_vreg(rig, vcmdq, OFF_VCMDQ_CONS_INDX, 0);
  rig_cmdqv_write(rig, cmdqv_vcmdq_page1(vcmdq), RIG_VCMDQ(vcmdq) | RIG_VCMDQ_LOG2, 8);
}

void rig_vcmdq(struct rig *rig, unsigned vcmdq, unsigned vintf, unsigned lvcmdq)
{
  rig_allocate(rig, vcmdq, vintf, lvcmdq);
  rig_vring(rig, vcmdq);
  rig_set_vreg(rig, vcmdq, OFF_VCMDQ_CONFIG, 1);
  if (rig_vreg(rig, vcmdq, OFF_VCMDQ_STATUS) != 1)
    ADD_TEST_FAILURE("VCMDQ %u is not enabled", vcmdq);
}

/* ---- commands ---- */

void rig_put_words(struct rig *rig, unsigned vcmdq, unsigned slot, uint64_t word0, uint64_t word1)
{
  uint64_t at = RIG_VCMDQ(vcmdq) + 16ULL * slot;

  CHECK(engine_memory_store64(rig->memory, at, word0));
  CHECK(engine_memory_store64(rig->memory, at + 8, word1));
}

void rig_put_vcmd(struct rig *rig, unsigned vcmdq, unsigned slot, const char *text)
{
  uint64_t words[2] = { 0, 0 };
  char why[256] = "";

  if (smmu_cmd_assemble(text, words, why, sizeof why) != 0)
    ADD_TEST_FAILURE("cannot assemble \"%s\": %s", text, why);
  rig_put_words(rig, vcmdq, slot, words[0], words[1]);
}

struct ring {
  struct rig *rig;
  unsigned vcmdq, count;
  uint32_t prod;
};

static int push_one(void *arg, const uint64_t words[2])
{
  struct ring *r = arg;

  rig_put_words(r->rig, r->vcmdq, r->prod & (uint32_t)bits_low(RIG_VCMDQ_LOG2), words[0], words[1]);
  r->prod = (r->prod + 1) & (uint32_t)bits_low(RIG_VCMDQ_LOG2 + 1);
  r->count++;
  return 0;
}

unsigned rig_vpush(struct rig *rig, unsigned vcmdq, const char *text)
{
  struct ring r = { rig, vcmdq, 0, rig_vreg(rig, vcmdq, OFF_VCMDQ_PROD_INDX) };
  char why[256] = "";

  if (smmu_cmd_assemble_list(text, push_one, &r, why, sizeof why) != 0)
    ADD_TEST_FAILURE("cannot assemble \"%s\": %s", text, why);
  rig_set_vreg(rig, vcmdq, OFF_VCMDQ_PROD_INDX, r.prod);
  return r.count;
}

void rig_vcmds(struct rig *rig, unsigned vcmdq, const char *text)
{
  uint32_t prod, cons;

  rig_vpush(rig, vcmdq, text);
  prod = rig_vreg(rig, vcmdq, OFF_VCMDQ_PROD_INDX);
  cons = rig_vreg(rig, vcmdq, OFF_VCMDQ_CONS_INDX);
  if (cons != prod)
    ADD_TEST_FAILURE("\"%s\" was not consumed: PROD 0x%x, CONS 0x%x", text, prod, cons);
}

void rig_vack(struct rig *rig, unsigned vcmdq)
{
  rig_set_vreg(rig, vcmdq, OFF_VCMDQ_GERRORN, rig_vreg(rig, vcmdq, OFF_VCMDQ_GERROR));
}
