/* Bytes as changes to stream table, CD and translation tables, with transactions in between and
 * nothing invalidated: stale caches and broken structures must give faults, never a broken device.
 * IHI 0070 5.1-5.4. */
#include "fuzz_rig.h"

static void change(struct fuzz_rig *f, struct fuzz_bytes *b, uint64_t op)
{
  uint64_t addr = f->word[fuzz_take(b, 1) % f->words];
  uint64_t v = engine_memory_load64(f->memory, addr);

  if (op & 8)
    v ^= 1ull << (fuzz_take(b, 1) & 63);
  else if (op & 16)
    v = fuzz_take(b, 8);
  else
    v ^= fuzz_take(b, 2) << (fuzz_take(b, 1) & 63);
  engine_memory_store64(f->memory, addr, v);
}

static void operation(struct fuzz_rig *f, struct fuzz_bytes *b)
{
  uint64_t op = fuzz_take(b, 1);
  uint64_t at;

  switch (op & 7) {
  case 0:
  case 1:
  case 2: change(f, b, op); break;
  case 3:
    at = f->word[fuzz_take(b, 1) % f->words] & ~63ull;
    engine_memory_inject_abort(f->memory, at, 64, op & 8);
    break;
  case 4: /* STRTAB_BASE_CFG, while the stream table is off */
    fuzz_write(f, 0x20, 4 | 8, 4);
    fuzz_write(f, 0x88, fuzz_take(b, 3), 4);
    fuzz_write(f, 0x20, 1 | 4 | 8, 4);
    break;
  default: fuzz_translate(f, b); break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct fuzz_bytes b = { data, data + size };
  struct fuzz_rig f;

  fuzz_open(&f, (unsigned)fuzz_take(&b, 1));
  fuzz_template(&f);
  fuzz_program(&f, 4, 2);
  while (fuzz_more(&b))
    operation(&f, &b);
  fuzz_close(&f);
  return 0;
}
