/* What hostile software does: registers of the SMMU and of CMDQV, ring contents, structures and
 * transactions by chance, most of them nearly right. All rings of commands lie in one place.
 * IHI 0070 3.5.6, 6.2, 4.1; arch/cmdqv.def. */
#include "arch/cmdqv.h"
#include "arch/ecmdq.h"
#include "world.h"

enum { RING_LOG2 = 4, SMMU_ON = 13, CMDQV_ON = 0x20083, MSI = 0x9000 };

static uint64_t draw(struct world *w, uint64_t n)
{
  return hostile_draw(w, n);
}

static bool one_in(struct world *w, unsigned n)
{
  return draw(w, n) == 0;
}

static uint64_t any_word(struct world *w)
{
  return one_in(w, 2) ? draw(w, 0) : draw(w, 32);
}

/* Index registers of rings with at most 16 entries, wrap bit and nonsense included. */
static uint64_t any_index(struct world *w)
{
  return draw(w, 34);
}

static uint64_t any_base(struct world *w)
{
  return FUZZ_CMDQ | draw(w, 6);
}

/* ---- registers of the SMMU ---- */

static void put_reg(struct world *w, uint64_t at, uint64_t value, unsigned bytes)
{
  if (w->timed)
    engine_timed_mmio_write(w->timed, at, value, bytes);
  else
    smmu_mmio_write(w->f.device, at, value, bytes, NULL);
}

static uint64_t get_reg(struct world *w, uint64_t at)
{
  return smmu_mmio_read(w->f.device, at, 4, NULL);
}

static void write_smmu(struct world *w)
{
  static const uint64_t any[] = { OFF_CR0,
                                  OFF_CR0ACK,
                                  OFF_CR1,
                                  OFF_CR2,
                                  OFF_GBPA,
                                  OFF_IRQ_CTRL,
                                  OFF_GERROR,
                                  OFF_GERRORN,
                                  OFF_GERROR_IRQ_CFG0,
                                  OFF_GERROR_IRQ_CFG0 + 4,
                                  OFF_GERROR_IRQ_CFG1,
                                  OFF_GERROR_IRQ_CFG2,
                                  OFF_STRTAB_BASE,
                                  OFF_STRTAB_BASE_CFG,
                                  OFF_CMDQ_BASE,
                                  OFF_CMDQ_BASE + 4,
                                  OFF_CMDQ_PROD,
                                  OFF_CMDQ_CONS,
                                  OFF_EVENTQ_BASE,
                                  OFF_EVENTQ_BASE + 4,
                                  OFF_EVENTQ_IRQ_CFG0,
                                  OFF_EVENTQ_IRQ_CFG1,
                                  OFF_EVENTQ_IRQ_CFG2,
                                  OFF_EVENTQ_PROD,
                                  OFF_EVENTQ_CONS,
                                  OFF_PRIQ_BASE,
                                  OFF_PRIQ_IRQ_CFG0,
                                  OFF_PRIQ_IRQ_CFG1,
                                  OFF_PRIQ_IRQ_CFG2,
                                  OFF_PRIQ_PROD,
                                  OFF_PRIQ_CONS };

  switch (draw(w, 12)) {
  case 0:
    put_reg(w, OFF_CR0, draw(w, 4) ? SMMU_ON | draw(w, 2) << 1 | draw(w, 2) << 4 : draw(w, 512), 4);
    break;
  case 10: put_reg(w, OFF_PRIQ_CONS, get_reg(w, OFF_PRIQ_PROD), 4); break;
  case 11: put_reg(w, OFF_PRIQ_BASE, (FUZZ_CMDQ + 0x1000) | draw(w, 3), 8); break;
  case 1: put_reg(w, OFF_GERRORN, get_reg(w, OFF_GERROR), 4); break;
  case 2: put_reg(w, OFF_IRQ_CTRL, draw(w, 8), 4); break;
  case 3: put_reg(w, OFF_EVENTQ_CONS, get_reg(w, OFF_EVENTQ_PROD), 4); break;
  case 4: put_reg(w, OFF_GERROR_IRQ_CFG0, one_in(w, 2) ? 0 : MSI, 8); break;
  case 5: put_reg(w, any[draw(w, sizeof any / sizeof any[0])], any_word(w), 4); break;
  case 6: put_reg(w, OFF_CMDQ_BASE, any_base(w), 8); break;
  default: put_reg(w, OFF_CMDQ_PROD, any_index(w), 4); break;
  }
}

/* ---- registers of CMDQV ---- */

static void put_cmdqv(struct world *w, uint64_t at, uint64_t value, unsigned bytes)
{
  if (w->timed)
    engine_timed_cmdqv_write(w->timed, at, value, bytes);
  else
    smmu_cmdqv_write(w->f.device, at, value, bytes, NULL);
}

static unsigned vintfs_of(const struct world *w)
{
  return 1u << w->config.cmdqv.vintfs_log2;
}

static unsigned queues_of(const struct world *w)
{
  return 1u << w->config.cmdqv.vcmdqs_log2;
}

/* Page 0 of some queue's slot: through the global pages or those of a VINTF. */
static uint64_t any_slot(struct world *w)
{
  if (one_in(w, 3))
    return cmdqv_lvcmdq_page0((unsigned)draw(w, vintfs_of(w)), (unsigned)draw(w, 3));
  return cmdqv_vcmdq_page0((unsigned)draw(w, queues_of(w)));
}

static void write_global(struct world *w)
{
  uint64_t map = (one_in(w, 12) ? 0 : 1) | draw(w, 3) << 1 | draw(w, vintfs_of(w)) << 15;
  uint64_t vintf = cmdqv_vintf((unsigned)draw(w, vintfs_of(w)));

  switch (draw(w, 8)) {
  case 0: put_cmdqv(w, OFF_CMDQV_CONFIG, draw(w, 4) ? CMDQV_ON : CMDQV_ON - 1, 4); break;
  case 1: put_cmdqv(w, OFF_CMDQV_VI_INT_MASK + 4 * draw(w, 2), any_word(w), 4); break;
  case 2:
  case 3:
    put_cmdqv(w, OFF_CMDQV_CMDQ_ALLOC_MAP + 4 * draw(w, queues_of(w)),
              one_in(w, 16) ? draw(w, 0) : map, 4);
    break;
  case 4: put_cmdqv(w, vintf + OFF_VINTF_SID_MATCH + 4 * draw(w, 32), any_word(w), 4); break;
  default:
    put_cmdqv(w, vintf + OFF_VINTF_CONFIG, (draw(w, 4) != 0) | draw(w, 8) << 1 | draw(w, 2) << 17,
              4);
    break;
  }
}

static void write_queue(struct world *w)
{
  uint64_t page0 = any_slot(w), page1 = page0 + SMMU_CMDQV_PAGE;
  uint64_t gerror = smmu_cmdqv_read(w->f.device, page0 + OFF_VCMDQ_GERROR, 4, NULL);

  switch (draw(w, 12)) {
  case 0:
  case 1: put_cmdqv(w, page0 + OFF_VCMDQ_CONFIG, draw(w, 8) != 0, 4); break;
  case 2: put_cmdqv(w, page1 + OFF_VCMDQ_BASE, one_in(w, 8) ? draw(w, 0) : any_base(w), 8); break;
  case 3: put_cmdqv(w, page0 + OFF_VCMDQ_GERRORN, one_in(w, 8) ? draw(w, 8) : gerror, 4); break;
  case 4: put_cmdqv(w, page0 + OFF_VCMDQ_CONS_INDX, any_index(w), 4); break;
  case 5:
    put_cmdqv(w, draw(w, 0x100000) & ~3ULL, any_word(w), one_in(w, 4) ? 8 : 4);
    smmu_cmdqv_read(w->f.device, draw(w, 0x100000), one_in(w, 4) ? 8 : 4, NULL);
    break;
  default: put_cmdqv(w, page0 + OFF_VCMDQ_PROD_INDX, any_index(w), 4); break;
  }
}

/* ---- enhanced command queues ---- */

static unsigned ecmdqs_of(const struct world *w)
{
  return smmu_ecmdq_count(&w->config);
}

static uint64_t ecmdq_at(struct world *w, uint64_t e)
{
  return ecmdq_set((unsigned)e, (unsigned)GET(IDR6, CMDQ_CONTROL_PAGE_LOG2NUMQ, w->config.idr6));
}

static void write_ecmdq(struct world *w)
{
  uint64_t at = ecmdq_at(w, draw(w, ecmdqs_of(w) + 1)), prod = at + OFF_ECMDQ_PROD;
  uint64_t err = get_reg(w, at + OFF_ECMDQ_CONS) & MASK(ECMDQ_CONS, ERR);
  uint64_t en = MASK(ECMDQ_PROD, EN);

  switch (draw(w, 12)) {
  case 0: put_reg(w, prod, (get_reg(w, prod) & ~en), 4); break;
  case 1: put_reg(w, at + OFF_ECMDQ_BASE, one_in(w, 8) ? draw(w, 0) : any_base(w), 8); break;
  case 2: put_reg(w, at + OFF_ECMDQ_CONS, one_in(w, 8) ? draw(w, 0) : any_index(w), 4); break;
  case 3: put_reg(w, prod, draw(w, 0), 4); break;
  case 4: put_reg(w, at + (draw(w, 64) & ~3ULL), any_word(w), one_in(w, 4) ? 8 : 4); break;
  case 5: put_reg(w, 0x4000 + draw(w, 128), any_word(w), one_in(w, 4) ? 8 : 4); break;
  default: put_reg(w, prod, en | err | any_index(w), 4); break;
  }
}

/* ---- broadcast maintenance ---- */

static void broadcast(struct world *w)
{
  struct smmu_dvm op = { .kind = (uint8_t)draw(w, SMMU_DVM_KINDS + 1),
                         .addr = one_in(w, 2) ? 0x40001000 : draw(w, 0),
                         .asid = 7,
                         .vmid = (uint16_t)(3 + draw(w, 2)) };

  if (one_in(w, 4)) {
    op.tg = (uint8_t)draw(w, 5);
    op.num = (uint8_t)draw(w, 33);
    op.scale = (uint8_t)draw(w, 5);
  }
  if (w->timed)
    engine_timed_dvm(w->timed, &op);
  else
    smmu_dvm_submit(w->f.device, &op, NULL);
}

/* ---- memory and DMA ---- */

static void put_words(struct world *w, uint64_t slot, uint64_t word0, uint64_t word1)
{
  uint64_t at = FUZZ_CMDQ + 16 * (slot % 32);

  engine_memory_store64(w->f.memory, at, word0);
  engine_memory_store64(w->f.memory, at + 8, word1);
}

static void put_sync(struct world *w, uint64_t slot)
{
  put_words(w, slot, 0x46 | draw(w, 4) << 12 | draw(w, 0) << 32, one_in(w, 2) ? 0 : MSI);
}

/* An invalidation has a CMD_SYNC behind it more often than not. */
static void put_command(struct world *w)
{
  static const uint8_t opcodes[] = { 0x46, 0x11, 0x11, 0x12, 0x12, 0x10, 0x13, 0x20, 0x22,
                                     0x28, 0x2a, 0x30, 0x03, 0x04, 0x05, 0x06, 0x01, 0x40,
                                     0xff, 0x44, 0x44, 0x44, 0x45, 0x40, 0x40, 0x41 };
  uint64_t slot = draw(w, 32), op = opcodes[draw(w, sizeof opcodes)];
  uint64_t word0 = op | (3 + draw(w, 2)) << 32 | 7ULL << 48; /* VMIDs and ASID of the template */
  uint64_t word1 = one_in(w, 2) ? 0x40001000 : draw(w, 32) | draw(w, 64) << 12;

  if (op == 0x44 || op == 0x45) { /* RESUME, STALL_TERM: StreamID, Action, Abort; STAG */
    word0 = op | draw(w, 4) << 12 | draw(w, 5) << 32;
    word1 = draw(w, 7);
  }
  if (op == 0x40 || op == 0x41) { /* ATC_INV, PRI_RESP: SSV, SSID, StreamID; size or answer */
    word0 = op | draw(w, 4) << 9 | draw(w, 8) << 12 | draw(w, 6) << 32;
    word1 = op == 0x40 ? draw(w, 54) | draw(w, 8) << 12 : draw(w, 512) | draw(w, 4) << 12;
  }
  if (one_in(w, 40))
    word0 = draw(w, 0);
  put_words(w, slot, word0, word1);
  if (op == 0x46)
    put_sync(w, slot);
  else if (draw(w, 3))
    put_sync(w, slot + 1);
}

static void submit(struct world *w)
{
  static const uint64_t places[4] = { 0x40001000, 0x80020000, 0x200000, 0 };
  struct smmu_txn t = { .sid = (uint32_t)draw(w, 6), .addr = places[draw(w, 4)] };
  smmu_actor actor;
  uint64_t ticket;

  t.addr ^= one_in(w, 4) ? draw(w, 0) : draw(w, 2) << 12;
  t.write = one_in(w, 2);
  t.tbu = (uint16_t)draw(w, w->config.tbus);
  t.ssv = one_in(w, 8);
  if (one_in(w, 16))
    t.kind = one_in(w, 2) ? SMMU_TXN_UNSUPPORTED : SMMU_TXN_PAGE_HINT;
  else if (one_in(w, 3))
    t.kind = one_in(w, 2) ? SMMU_TXN_ATS_REQUEST : SMMU_TXN_ATS_TRANSLATED;
  if (w->timed)
    engine_timed_submit(w->timed, &t, &ticket);
  else if (smmu_submit(w->f.device, &t, &actor, NULL) == SMMU_OK)
    w->out[actor] = false;
}

void hostile_act(struct world *w)
{
  unsigned what = (unsigned)draw(w, ecmdqs_of(w) ? 40 : 32);

  if (smmu_has_dvm(w->f.device) && one_in(w, 8))
    broadcast(w);
  if (what >= 32)
    write_ecmdq(w);
  else if (what < 5)
    write_global(w);
  else if (what < 12)
    write_queue(w);
  else if (what < 18)
    write_smmu(w);
  else if (what < 24)
    put_command(w);
  else if (what < 29)
    submit(w);
  else if (what < 31)
    hostile_endpoint_acts(w);
  else
    engine_memory_store64(w->f.memory, w->f.word[draw(w, w->f.words)], draw(w, 0));
}

static void set_bit(struct world *w, uint64_t at, unsigned bit)
{
  at += bit / 64 * 8;
  engine_memory_store64(w->f.memory, at, engine_memory_load64(w->f.memory, at) | 1ULL << bit % 64);
}

/* EATS, of whatever kind, and PPAR. */
static void set_ats(struct world *w)
{
  for (unsigned sid = 0; sid < 5; sid++) {
    if (draw(w, 4))
      set_bit(w, FUZZ_STRTAB + 64 * sid, 92);
    if (one_in(w, 6))
      set_bit(w, FUZZ_STRTAB + 64 * sid, 93);
    if (one_in(w, 2))
      set_bit(w, FUZZ_STRTAB + 64 * sid, 82);
  }
}

/* CD.S, STE.S2S and MEV, where the device stalls and sometimes where it does not. */
static void set_stalls(struct world *w)
{
  bool stalls = (w->config.idr[0] >> 24 & 3) != 1;

  for (unsigned sid = 0; sid < 5; sid++) {
    if (one_in(w, 2))
      set_bit(w, FUZZ_STRTAB + 64 * sid, 64 + 19);
    if (stalls ? draw(w, 4) : one_in(w, 16))
      set_bit(w, FUZZ_STRTAB + 64 * sid, 128 + 57);
  }
  if (stalls ? draw(w, 4) : one_in(w, 16))
    set_bit(w, FUZZ_CD, 44);
}

/* CD.HA and HD, STE.S2HA and S2HD, of HTTU = 3 the tables as well; leaves that are clean or have not
 * been accessed. */
static void set_flags(struct world *w)
{
  unsigned httu = w->config.idr[0] >> 6 & 3;

  for (unsigned sid = 0; httu && sid < 5; sid++) {
    set_bit(w, FUZZ_STRTAB + 64 * sid, 128 + 56);
    if (httu > 1 && one_in(w, 2))
      set_bit(w, FUZZ_STRTAB + 64 * sid, 128 + 55);
    if (httu > 2 && one_in(w, 2))
      set_bit(w, FUZZ_STRTAB + 64 * sid, 128 + 59);
  }
  for (unsigned i = 0; httu && i < w->f.words; i++) {
    uint64_t at = w->f.word[i], word = engine_memory_load64(w->f.memory, at);

    if (at >= FUZZ_TABLES && (word & 1))
      engine_memory_store64(w->f.memory, at, (word & ~(draw(w, 2) << 10)) | draw(w, 2) << 51);
  }
  if (!httu)
    return;
  set_bit(w, FUZZ_CD, 43);
  if (httu > 1)
    set_bit(w, FUZZ_CD, 42);
  if (httu > 2 && one_in(w, 2))
    set_bit(w, FUZZ_CD + 8, 3);
}

void hostile_program(struct world *w)
{
  set_stalls(w);
  set_flags(w);
  set_ats(w);
  put_reg(w, OFF_STRTAB_BASE, FUZZ_STRTAB, 8);
  put_reg(w, OFF_STRTAB_BASE_CFG, 3, 4);
  put_reg(w, OFF_CR2, 2, 4);
  put_reg(w, OFF_CMDQ_BASE, FUZZ_CMDQ | RING_LOG2, 8);
  put_reg(w, OFF_EVENTQ_BASE, FUZZ_EVTQ | 3, 8);
  put_reg(w, OFF_PRIQ_BASE, (FUZZ_CMDQ + 0x1000) | 2, 8);
  put_reg(w, OFF_IRQ_CTRL, 7, 4);
  put_reg(w, OFF_CR0, SMMU_ON | draw(w, 2) << 1 | draw(w, 2) << 4, 4);
  for (unsigned q = 0; q < queues_of(w); q++) {
    unsigned vintf = q % vintfs_of(w), lvcmdq = q / vintfs_of(w);

    put_cmdqv(w, cmdqv_vintf(vintf) + OFF_VINTF_CONFIG, 1 | 3 << 1 | draw(w, 2) << 17, 4);
    put_cmdqv(w, OFF_CMDQV_CMDQ_ALLOC_MAP + 4 * q, 1 | lvcmdq << 1 | (uint64_t)vintf << 15, 4);
    put_cmdqv(w, cmdqv_vcmdq_page1(q) + OFF_VCMDQ_BASE, FUZZ_CMDQ | RING_LOG2, 8);
    put_cmdqv(w, cmdqv_vcmdq_page0(q) + OFF_VCMDQ_CONFIG, 1, 4);
  }
  for (unsigned e = 0; e < ecmdqs_of(w); e++) {
    put_reg(w, ecmdq_at(w, e) + OFF_ECMDQ_BASE, FUZZ_CMDQ | RING_LOG2, 8);
    put_reg(w, ecmdq_at(w, e) + OFF_ECMDQ_PROD, MASK(ECMDQ_PROD, EN), 4);
  }
  for (unsigned i = 0; i < 24; i++)
    put_command(w);
}
