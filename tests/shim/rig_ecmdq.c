/* See rig_ecmdq.h. */
#include "shim/rig_ecmdq.h"

#include "arch/cmd.h"
#include "util/bits.h"
#include "util/check.h"

#define EN 0x80000000u

void rig_ecmdqs(struct rig *rig, unsigned pages, unsigned queues)
{
  struct smmu_config config;

  smmu_config_neutral(&config);
  smmu_config_set_ecmdq(&config, pages, queues);
  rig_restart(rig, &config);
}

uint64_t rig_ecmdq_offset(struct rig *rig, unsigned e, uint32_t offset)
{
  uint64_t idr6 = rig_mmio_read(rig, 0x190, 4);
  unsigned log2 = (unsigned)bits_get(idr6, 19, 16), page = e >> log2;
  uint64_t base = rig_mmio_read(rig, 0x4000 + 32ULL * page, 8);

  return (base & bits_mask(55, 16)) + (0x10000ULL >> log2) * (e & (uint32_t)bits_low(log2)) +
         offset;
}

uint64_t rig_ereg(struct rig *rig, unsigned e, uint32_t offset)
{
  return rig_mmio_read(rig, rig_ecmdq_offset(rig, e, offset), offset ? 4 : 8);
}

void rig_set_ereg(struct rig *rig, unsigned e, uint32_t offset, uint64_t value)
{
  rig_mmio_write(rig, rig_ecmdq_offset(rig, e, offset), value, offset ? 4 : 8);
}

void rig_poke_ereg(struct rig *rig, unsigned e, uint32_t offset, uint32_t value)
{
  smmu_mmio_write(rig->device, rig_ecmdq_offset(rig, e, offset), value, 4, NULL);
}

void rig_ecmdq_ring(struct rig *rig, unsigned e)
{
  rig_set_ereg(rig, e, OFF_ECMDQ_BASE, RIG_ECMDQ(e) | RIG_ECMDQ_LOG2);
  rig_set_ereg(rig, e, OFF_ECMDQ_PROD, 0);
  rig_set_ereg(rig, e, OFF_ECMDQ_CONS, 0);
}

void rig_ecmdq_on(struct rig *rig, unsigned e)
{
  rig_ecmdq_ring(rig, e);
  rig_set_ereg(rig, e, OFF_ECMDQ_PROD, EN);
  if (!(rig_ereg(rig, e, OFF_ECMDQ_CONS) & EN))
    ADD_TEST_FAILURE("ECMDQ %u is not enabled", e);
}

/* ---- commands ---- */

static void put_words(struct rig *rig, unsigned e, unsigned slot, const uint64_t words[2])
{
  uint64_t at = RIG_ECMDQ(e) + 16ULL * slot;

  CHECK(engine_memory_store64(rig->memory, at, words[0]));
  CHECK(engine_memory_store64(rig->memory, at + 8, words[1]));
}

void rig_put_ecmd(struct rig *rig, unsigned e, unsigned slot, const char *text)
{
  uint64_t words[2] = { 0, 0 };
  char why[256] = "";

  if (smmu_cmd_assemble(text, words, why, sizeof why) != 0)
    ADD_TEST_FAILURE("cannot assemble \"%s\": %s", text, why);
  put_words(rig, e, slot, words);
}

struct ring {
  struct rig *rig;
  unsigned e, count;
  uint64_t prod;
};

static int push_one(void *arg, const uint64_t words[2])
{
  struct ring *r = arg;
  uint64_t index = bits_low(RIG_ECMDQ_LOG2 + 1);

  put_words(r->rig, r->e, (unsigned)(r->prod & bits_low(RIG_ECMDQ_LOG2)), words);
  r->prod = (r->prod & ~index) | ((r->prod + 1) & index);
  r->count++;
  return 0;
}

unsigned rig_epush(struct rig *rig, unsigned e, const char *text)
{
  struct ring r = { rig, e, 0, rig_ereg(rig, e, OFF_ECMDQ_PROD) };
  char why[256] = "";

  if (smmu_cmd_assemble_list(text, push_one, &r, why, sizeof why) != 0)
    ADD_TEST_FAILURE("cannot assemble \"%s\": %s", text, why);
  rig_set_ereg(rig, e, OFF_ECMDQ_PROD, r.prod);
  return r.count;
}

void rig_ecmds(struct rig *rig, unsigned e, const char *text)
{
  uint64_t prod, cons;

  rig_epush(rig, e, text);
  prod = rig_ereg(rig, e, OFF_ECMDQ_PROD);
  cons = rig_ereg(rig, e, OFF_ECMDQ_CONS);
  if ((cons ^ prod) & 0xfffff)
    ADD_TEST_FAILURE("\"%s\" was not consumed: PROD 0x%llx, CONS 0x%llx", text,
                     (unsigned long long)prod, (unsigned long long)cons);
}

void rig_eack(struct rig *rig, unsigned e)
{
  uint64_t prod = rig_ereg(rig, e, OFF_ECMDQ_PROD) & ~(1ULL << 23);

  rig_set_ereg(rig, e, OFF_ECMDQ_PROD, prod | (rig_ereg(rig, e, OFF_ECMDQ_CONS) & 1ULL << 23));
}
