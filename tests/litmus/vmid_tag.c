/* Two virtual machines use the same ASID and the same address; only the VMID tells their entries
 * apart. */
#include "arch/structs.h"
#include "litmus/litmus.h"

enum { DEVICE1, DEVICE2 };

/* Stream 2 belongs to another VM: VMID 4, its own table, the same ASID. */
static void setup(struct engine_now *now, struct engine_memory *memory)
{
  uint64_t ste[STE_WORDS];

  litmus_setup(now, memory);
  for (unsigned i = 0; i < STE_WORDS; i++)
    ste[i] = engine_memory_load64(memory, LITMUS_STRTAB + 64 * 2 + 8 * i);
  FPUT(STE, S2VMID, ste, LITMUS_VMID + 1);
  for (unsigned i = 0; i < STE_WORDS; i++)
    engine_memory_store64(memory, LITMUS_STRTAB + 64 * 2 + 8 * i, ste[i]);
  engine_memory_store64(memory, LITMUS_CD + 64 * 2 + 8, LITMUS_L2_NEW);
}

static bool forbidden(const struct explore_view *v)
{
  return (v->seen[DEVICE1][0].done && v->seen[DEVICE1][0].value != LITMUS_OLD) ||
         (v->seen[DEVICE2][0].done && v->seen[DEVICE2][0].value != LITMUS_NEW);
}

static bool witness(const struct explore_view *v)
{
  return v->seen[DEVICE1][0].done && v->seen[DEVICE2][0].done;
}

const struct explore_program litmus_vmid_tag = {
  .name = "vmid-tag",
  .claim = "equal ASID and address in two virtual machines never share a translation",
  .rule =
    "TLB entries of the EL1 world are tagged by VMID as well as by ASID (IHI 0070 3.3.3, 3.17)",
  .config = LITMUS_CONFIG,
  .n_threads = 2,
  .thread = { { "device1", 1, { DMA_READ(1, 0) } }, { "device2", 1, { DMA_READ(2, 0) } } },
  .setup = setup,
  .forbidden = forbidden,
  .witness = witness,
};
