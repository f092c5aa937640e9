/* Bytes as register accesses, those of CMDQV too, with stores to memory and transactions between
 * them: the device must stay sound whatever software writes. IHI 0070 6.2 gives the offsets tried
 * most. */
#include "fuzz_rig.h"

static const uint32_t registers[32] = { 0x00, 0x04, 0x14, 0x1c,    0x20,    0x24,  0x28,   0x2c,
                                        0x44, 0x50, 0x54, 0x60,    0x64,    0x68,  0x70,   0x74,
                                        0x80, 0x88, 0x90, 0x98,    0x9c,    0xa0,  0xa8,   0xac,
                                        0xb0, 0xb8, 0xbc, 0x100a8, 0x100ac, 0x100, 0x4000, 0xfd0 };

/* Those of features that few devices have: PRI, ATOS, MPAM, VATOS, enhanced command queues. */
static const uint32_t rare[32] = { 0x48,     0xc0,     0xc8,     0xcc,     0xd0,     0xd8,
                                   0xdc,     0x100c8,  0x100cc,  0x100,    0x108,    0x110,
                                   0x118,    0x130,    0x138,    0x13c,    0x180,    0x190,
                                   0x20a00,  0x20a08,  0x20a10,  0x20a18,  0x4000,   0x4008,
                                   0x400c,   0x100000, 0x100008, 0x10000c, 0x102000, 0x102008,
                                   0x10200c, 0x110000 };

static uint64_t offset_of(struct fuzz_bytes *b)
{
  uint64_t code = fuzz_take(b, 1);

  if (code < 128)
    return registers[code & 31] + (code & 32 ? 4 : 0);
  if (code < 224)
    return rare[code & 31] + (code & 32 ? 4 : 0);
  return fuzz_take(b, 3) & 0x1fffff;
}

/* CMDQV: the pages of two VINTFs and four queues, and a little of what lies around them. */
static const uint32_t cmdqv_blocks[16] = { 0x0,     0x1c,    0x200,   0x204,   0x208,   0x1000,
                                           0x1100,  0x1040,  0x10080, 0x10000, 0x20000, 0x20080,
                                           0x30000, 0x40000, 0x50080, 0x60080 };

static uint64_t cmdqv_offset_of(struct fuzz_bytes *b)
{
  uint64_t code = fuzz_take(b, 1);

  if (code < 224)
    return cmdqv_blocks[code & 15] + (code >> 4 & 7) * 4;
  return fuzz_take(b, 3) & 0xfffff;
}

static void cmdqv_operation(struct fuzz_rig *f, struct fuzz_bytes *b, uint64_t op)
{
  uint64_t at;

  switch (op & 7) {
  case 4:
    at = cmdqv_offset_of(b);
    smmu_cmdqv_read(f->device, at, op & 8 ? 8 : 4, NULL);
    break;
  case 5:
    at = fuzz_take(b, 2);
    engine_memory_store64(f->memory, FUZZ_CMDQ + 8 * (at & 0xff), fuzz_take(b, 8));
    break;
  case 6: fuzz_translate(f, b); break;
  default:
    at = cmdqv_offset_of(b);
    fuzz_cmdqv_write(f, at, fuzz_take(b, op & 4 ? 8 : 4), op & 4 ? 8 : 4);
    break;
  }
}

static void operation(struct fuzz_rig *f, struct fuzz_bytes *b)
{
  uint64_t op = fuzz_take(b, 1);
  uint64_t at;

  if (op & 0x80) {
    cmdqv_operation(f, b, op);
    return;
  }
  switch (op & 7) {
  case 0:
  case 1:
  case 2:
    at = offset_of(b);
    fuzz_write(f, at, fuzz_take(b, 4), 4);
    break;
  case 3:
    at = offset_of(b);
    fuzz_write(f, at, fuzz_take(b, 8), 8);
    break;
  case 4:
    at = offset_of(b);
    smmu_mmio_read(f->device, at, op & 8 ? 8 : 4, NULL);
    break;
  case 5:
    at = fuzz_take(b, 2);
    engine_memory_store64(f->memory, FUZZ_STRTAB + 8 * (at & 0x3fff), fuzz_take(b, 8));
    break;
  case 6:
    at = offset_of(b);
    fuzz_write(f, at, fuzz_take(b, 2), (unsigned)(op >> 3 & 15));
    break;
  default: fuzz_translate(f, b); break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct fuzz_bytes b = { data, data + size };
  struct fuzz_rig f;
  uint64_t start = fuzz_take(&b, 1);

  fuzz_open_cmdqv(&f, (unsigned)start, start >> 4 & 1);
  fuzz_template(&f);
  if (start & 8)
    fuzz_program(&f, 4, 3);
  if (start & 32)
    fuzz_program_cmdqv(&f);
  while (fuzz_more(&b))
    operation(&f, &b);
  fuzz_close(&f);
  return 0;
}
