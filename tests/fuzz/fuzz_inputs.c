/* Bytes as everything that comes at the device from outside, in any order: transactions of every
 * kind, page requests, broadcast maintenance, answers of endpoints that come late, fail or were never
 * asked for, commands, and changes of tables. A device with every feature. IHI 0070 3.9, 3.12, 3.17,
 * 8. */
#include "fuzz_rig.h"
#include "smmu/dvm.h"

enum { QUEUE_LOG2 = 5, SLOTS = 1 << QUEUE_LOG2, WRAP = 2 * SLOTS - 1 };

struct world {
  struct fuzz_rig rig;
  struct fuzz_bytes bytes;
  uint32_t prod;
};

/* How the endpoint answers follows from the bytes. */
static enum engine_answer receive(void *ctx, const struct smmu_message *m, uint64_t time,
                                  uint64_t *delay_ps)
{
  struct world *w = ctx;

  (void)m;
  (void)time;
  (void)delay_ps;
  return (enum engine_answer)(fuzz_take(&w->bytes, 1) % (ENGINE_ANSWER_LATER + 1));
}

static uint32_t get(struct fuzz_rig *f, uint64_t reg)
{
  return (uint32_t)smmu_mmio_read(f->device, reg, 4, NULL);
}

static void command(struct world *w)
{
  static const uint8_t opcodes[16] = { 0x40, 0x40, 0x41, 0x44, 0x44, 0x45, 0x46, 0x46,
                                       0x02, 0x12, 0x2a, 0x03, 0x05, 0x11, 0x30, 0x10 };
  struct fuzz_rig *f = &w->rig;
  uint64_t at = FUZZ_CMDQ + 16ull * (w->prod & (SLOTS - 1));
  uint64_t op = fuzz_take(&w->bytes, 1);

  engine_memory_store64(f->memory, at,
                        opcodes[op & 15] | (fuzz_take(&w->bytes, 2) & 0xff00) |
                          (fuzz_take(&w->bytes, 2) & 0xffff) << 16 |
                          (fuzz_take(&w->bytes, 1) & 7) << 32);
  engine_memory_store64(f->memory, at + 8, fuzz_take(&w->bytes, op & 16 ? 8 : 2));
  w->prod = (w->prod + 1) & WRAP;
  fuzz_write(f, 0x98, w->prod, 4);
  if ((get(f, 0x60) ^ get(f, 0x64)) & 1) { /* make it harmless and go on */
    at = FUZZ_CMDQ + 16ull * (get(f, 0x9c) & (SLOTS - 1));
    engine_memory_store64(f->memory, at, 0x46);
    engine_memory_store64(f->memory, at + 8, 0);
    fuzz_write(f, 0x64, get(f, 0x60), 4);
  }
}

static void page_request(struct world *w)
{
  uint64_t bits = fuzz_take(&w->bytes, 2);
  struct smmu_pri request = { .addr = fuzz_take(&w->bytes, 4) << 12,
                              .sid = (uint32_t)(bits & 7),
                              .ssid = (uint32_t)(bits >> 3 & 3),
                              .ssv = bits >> 5 & 1,
                              .read = bits >> 6 & 1,
                              .write = bits >> 7 & 1,
                              .exec = bits >> 8 & 1,
                              .privileged = bits >> 9 & 1,
                              .last = bits >> 10 & 1,
                              .group = (uint16_t)(bits >> 11 & 31) };

  engine_now_pri_request(w->rig.engine, &request);
}

static void broadcast(struct world *w)
{
  uint64_t bits = fuzz_take(&w->bytes, 3);
  struct smmu_dvm op = { .addr = fuzz_take(&w->bytes, 5) << 12,
                         .asid = bits >> 5 & 15,
                         .vmid = bits >> 9 & 7,
                         .kind = (uint8_t)(bits & 31),
                         .tg = bits >> 12 & 3,
                         .num = bits >> 14 & 31,
                         .scale = bits >> 19 & 3 };

  smmu_dvm_submit(w->rig.device, &op, NULL);
  fuzz_run(&w->rig);
}

static void change(struct world *w)
{
  struct fuzz_rig *f = &w->rig;
  uint64_t at = f->word[fuzz_take(&w->bytes, 1) % f->words];

  engine_memory_store64(
    f->memory, at, engine_memory_load64(f->memory, at) ^ 1ull << (fuzz_take(&w->bytes, 1) & 63));
}

static void operation(struct world *w)
{
  struct fuzz_rig *f = &w->rig;
  uint64_t op = fuzz_take(&w->bytes, 1);

  switch (op & 15) {
  case 0:
  case 1:
  case 2: command(w); break;
  case 3: page_request(w); break;
  case 4: broadcast(w); break;
  case 5: engine_now_answer(f->engine, (uint32_t)(op >> 4), fuzz_take(&w->bytes, 1) & 3); break;
  case 6: change(w); break;
  case 7: fuzz_write(f, 0x20, fuzz_take(&w->bytes, 1), 4); break; /* CR0 */
  case 8: /* consume events, page requests */
    fuzz_write(f, 0x100ac, get(f, 0x100a8), 4);
    fuzz_write(f, 0x100cc, get(f, 0x100c8), 4);
    break;
  case 9: fuzz_write(f, 0x64, get(f, 0x60), 4); break; /* GERRORN */
  default: fuzz_translate(f, &w->bytes); break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct world w = { .bytes = { data, data + size } };
  const struct engine_endpoint endpoint = { .ctx = &w, .receive = receive };
  unsigned start = (unsigned)fuzz_take(&w.bytes, 1);

  fuzz_open(&w.rig, start | FUZZ_FULL);
  fuzz_template(&w.rig);
  fuzz_write(&w.rig, 0xc0, FUZZ_PRIQ | 2, 8);
  fuzz_program(&w.rig, QUEUE_LOG2, 4);
  fuzz_write(&w.rig, 0x20, 0x1f, 4); /* ATSCHK and PRIQEN too */
  engine_now_set_endpoint(w.rig.engine, &endpoint);
  while (fuzz_more(&w.bytes))
    operation(&w);
  engine_now_set_endpoint(w.rig.engine, NULL);
  fuzz_close(&w.rig);
  return 0;
}
