/* Bytes as contents of the command queue, consumed in small batches between transactions. After an
 * error the failing slot is overwritten with CMD_SYNC and the error acknowledged, as a driver does.
 * IHI 0070 4.1-4.8, 7.1. */
#include "fuzz_rig.h"

enum { QUEUE_LOG2 = 5, SLOTS = 1 << QUEUE_LOG2, WRAP = 2 * SLOTS - 1 };

static uint32_t get(struct fuzz_rig *f, uint64_t reg)
{
  return (uint32_t)smmu_mmio_read(f->device, reg, 4, NULL);
}

static void recover(struct fuzz_rig *f)
{
  unsigned i;

  for (i = 0; i < 2 * SLOTS && ((get(f, 0x60) ^ get(f, 0x64)) & 1); i++) {
    uint64_t slot = FUZZ_CMDQ + 16ull * (get(f, 0x9c) & (SLOTS - 1));

    engine_memory_store64(f->memory, slot, 0x46);
    engine_memory_store64(f->memory, slot + 8, 0);
    fuzz_write(f, 0x64, get(f, 0x60), 4);
  }
}

/* The opcodes that exist come more often than chance would bring them; a quarter is left as it is.
 */
static uint64_t likely(uint64_t dword0)
{
  static const uint8_t opcodes[32] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10,
                                       0x11, 0x12, 0x13, 0x20, 0x21, 0x22, 0x23, 0x28,
                                       0x2a, 0x30, 0x40, 0x41, 0x44, 0x45, 0x46, 0x46,
                                       0x40, 0x44, 0x12, 0x2a, 0x05, 0x03, 0x44, 0x41 };

  return (dword0 & 0x60) == 0 ? dword0 : (dword0 & ~0xffull) | opcodes[dword0 & 31];
}

static void batch(struct fuzz_rig *f, struct fuzz_bytes *b, uint32_t *prod, unsigned n)
{
  while (n-- > 0) {
    uint64_t at = FUZZ_CMDQ + 16ull * (*prod & (SLOTS - 1));

    engine_memory_store64(f->memory, at, likely(fuzz_take(b, 8)));
    engine_memory_store64(f->memory, at + 8, fuzz_take(b, 8));
    *prod = (*prod + 1) & WRAP;
  }
  fuzz_write(f, 0x98, *prod, 4);
  recover(f);
  /* Empty the event queue. */
  fuzz_write(f, 0x100ac, get(f, 0x100a8), 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct fuzz_bytes b = { data, data + size };
  struct fuzz_rig f;
  uint32_t prod = 0;

  fuzz_open(&f, (unsigned)fuzz_take(&b, 1));
  fuzz_template(&f);
  fuzz_program(&f, QUEUE_LOG2, 4);
  while (fuzz_more(&b)) {
    uint64_t op = fuzz_take(&b, 1);

    if (op & 1)
      fuzz_translate(&f, &b);
    else
      batch(&f, &b, &prod, 1 + (unsigned)(op >> 1) % (SLOTS / 2));
  }
  fuzz_close(&f);
  return 0;
}
