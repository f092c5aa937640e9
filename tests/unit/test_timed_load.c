/* Engine `timed` under load that never ends: DMA that faults all the time, a guest that invalidates
 * all the time, one that switches its queue on and off. Everybody else gets on within a bound. */
#include "shim/rig_cmdqv.h"

enum { US = 1000000 }; /* picoseconds */

#define BAD_ADDRESS 0x900000ULL

/* ---- DMA that faults in every slot ---- */

static void start_faults(struct rig *rig)
{
  rig_program(rig, 4, 10);
  for (unsigned i = 0; i < rig->config.txns; i++)
    rig_submit(rig, SID, BAD_ADDRESS);
}

/* What happens next; software keeps the event queue empty, and sends a new fault for each that has
 * ended. False when one has ended out of turn. *last: ticket of the last that ended. */
static bool go_on_faulting(struct rig *rig, uint64_t *last)
{
  struct engine_timed *e = rig_timed(rig);
  struct engine_timed_done d;
  bool in_order = true;

  engine_timed_run_until(e, engine_timed_next_time(e));
  engine_timed_mmio_write(e, OFF_EVENTQ_CONS, engine_timed_mmio_read(e, OFF_EVENTQ_PROD, 4), 4);
  while (engine_timed_poll(e, &d)) {
    in_order = in_order && d.ticket == *last + 1;
    *last = d.ticket;
    rig_submit(rig, SID, BAD_ADDRESS);
  }
  return in_order;
}

static void room_in_order(struct rig *rig)
{
  struct smmu_config config = rig->config;
  struct engine_timed *e;
  uint64_t end, last = 0;

  config.events = 2;
  config.txns = 8;
  rig_restart(rig, &config);
  start_faults(rig);
  e = rig_timed(rig);
  end = engine_timed_now(e) + 500 * US;
  while (engine_timed_now(e) < end) {
    if (!go_on_faulting(rig, &last))
      FAIL_TEST("at %llu ps", (unsigned long long)engine_timed_now(e));
  }
  EXPECT_GT(last, 1000u);
}

TEST_CASE(TimedLoad, FaultsThatWaitForRoomAreServedInOrderOfArrival)
{
  rig_run_neutral(0, room_in_order);
}

/* Drawn profiles, with and without a seed of the engine, which draws who is first: nobody is
 * overtaken without end. */
static void oldest_is_never_far_behind(struct rig *rig)
{
  enum { TXNS = 8, FAR = 256, FAULTS = 2000 };
  struct smmu_config config = rig->config;
  struct engine_timed *e;
  struct engine_timed_done d;
  bool ended[FAULTS + FAR] = { false };
  uint64_t oldest = 1, newest = 0;

  config.events = 1;
  config.txns = TXNS;
  rig_restart(rig, &config);
  start_faults(rig);
  e = rig_timed(rig);
  while (newest < FAULTS) {
    engine_timed_run_until(e, engine_timed_next_time(e));
    engine_timed_mmio_write(e, OFF_EVENTQ_CONS, engine_timed_mmio_read(e, OFF_EVENTQ_PROD, 4), 4);
    while (engine_timed_poll(e, &d)) {
      ended[d.ticket] = true;
      newest = rig_submit(rig, SID, BAD_ADDRESS);
    }
    for (; ended[oldest]; oldest++)
      ;
    if (newest > oldest + FAR)
      FAIL_TEST("ticket %llu waits, %llu arrives", (unsigned long long)oldest,
                (unsigned long long)newest);
  }
}

TEST_CASE(TimedLoad, NoFaultStarvesWhateverTheProfile)
{
  struct timed_profile p;

  for (uint64_t seed = 1; seed <= 10; seed++) {
    rig_random_profile(&p, seed);
    rig_run_timed(&p, 0, oldest_is_never_far_behind);
    rig_run_timed(&p, seed, oldest_is_never_far_behind);
  }
}

/* Under faults for 20 us; then a register is written, and another is to show `value` within 100 us
 * (the records that are in the buffer have to be written first). */
static void answered_under_faults(struct rig *rig, uint64_t offset, uint32_t written,
                                  uint64_t answer, uint32_t value)
{
  struct engine_timed *e;
  uint64_t start, last = 0;

  start_faults(rig);
  e = rig_timed(rig);
  start = engine_timed_now(e);
  while (engine_timed_now(e) < start + 20 * US)
    go_on_faulting(rig, &last);
  engine_timed_mmio_write(e, offset, written, 4);
  while (engine_timed_now(e) < start + 120 * US && engine_timed_mmio_read(e, answer, 4) != value)
    go_on_faulting(rig, &last);
  EXPECT_EQ(engine_timed_mmio_read(e, answer, 4), value);
}

static void sync_under_faults(struct rig *rig)
{
  rig_put_cmd(rig, 0, "TLBI_NSNH_ALL");
  rig_put_cmd(rig, 1, "SYNC");
  answered_under_faults(rig, OFF_CMDQ_PROD, 2, OFF_CMDQ_CONS, 2);
}

TEST_CASE(TimedLoad, SyncCompletesBehindFaultsThatWaitForRoom)
{
  rig_run_neutral(0, sync_under_faults);
}

static void irq_ctrl_under_faults(struct rig *rig)
{
  answered_under_faults(rig, OFF_IRQ_CTRL, 5, OFF_IRQ_CTRLACK, 5);
}

TEST_CASE(TimedLoad, IrqCtrlIsAcknowledgedWhileEverythingFaults)
{
  rig_run_neutral(0, irq_ctrl_under_faults);
}

static void eventqen_under_faults(struct rig *rig)
{
  answered_under_faults(rig, OFF_CR0, 9, OFF_CR0ACK, 9);
}

TEST_CASE(TimedLoad, EventqenIsAcknowledgedWhileEverythingFaults)
{
  rig_run_neutral(0, eventqen_under_faults);
}

/* ---- guests that never rest ---- */

enum { PAGES = 16, VMID_A = 5, VMID_B = 9 };

/* Queue q in VINTF q, a guest's. Stream SID belongs to VINTF 1. */
static void start_guests(struct rig *rig)
{
  struct rig_stream b = { .config = 7, .vmid = VMID_B };

  rig_cmdqv(rig, 2, 2);
  rig_vintf(rig, 0, VMID_A, RIG_GUEST);
  rig_vintf(rig, 1, VMID_B, RIG_GUEST);
  rig_vcmdq(rig, 0, 0, 0);
  rig_vcmdq(rig, 1, 1, 0);
  rig_stream(rig, SID, &b);
  for (unsigned i = 0; i < PAGES; i++) {
    rig_map(rig, SID, 0x10000 + 0x1000 * i, RIG_DATA, RIG_RW);
    rig_put_vcmd(rig, 1, i, "TLBI_NH_ASID asid=7");
  }
  rig_map2(rig, SID, RIG_DATA, RIG_DATA, RIG_RW);
  rig_read(rig, SID, 0x10000);
}

static uint64_t vreg(struct rig *rig, unsigned vcmdq, uint64_t offset)
{
  return engine_timed_cmdqv_read(rig_timed(rig), cmdqv_vcmdq_page0(vcmdq) + offset, 4);
}

static void set_vreg(struct rig *rig, unsigned vcmdq, uint64_t offset, uint64_t value)
{
  engine_timed_cmdqv_write(rig_timed(rig), cmdqv_vcmdq_page0(vcmdq) + offset, value, 4);
}

/* The second guest's ring stays full, and so do the transaction slots, with walks of its own. */
static void go_on_invalidating(struct rig *rig, unsigned *walks)
{
  struct engine_timed *e = rig_timed(rig);
  struct engine_timed_done d;

  set_vreg(rig, 1, OFF_VCMDQ_PROD_INDX, (vreg(rig, 1, OFF_VCMDQ_CONS_INDX) + PAGES) & 31);
  engine_timed_run_until(e, engine_timed_next_time(e));
  while (engine_timed_poll(e, &d))
    rig_submit(rig, SID, 0x10000 + 0x1000 * (++*walks % PAGES));
}

static void sync_beside_a_guest(struct rig *rig)
{
  struct engine_timed *e;
  unsigned walks = 0;
  uint64_t start;

  start_guests(rig);
  e = rig_timed(rig);
  rig_put_vcmd(rig, 0, 0, "SYNC");
  start = engine_timed_now(e);
  for (unsigned i = 0; i + 4 < rig->config.txns; i++)
    rig_submit(rig, SID, 0x10000 + 0x1000 * (i % PAGES));
  while (engine_timed_now(e) < start + 20 * US)
    go_on_invalidating(rig, &walks);
  EXPECT_GT(walks, 100u);
  set_vreg(rig, 0, OFF_VCMDQ_PROD_INDX, 1);
  while (engine_timed_now(e) < start + 40 * US && vreg(rig, 0, OFF_VCMDQ_CONS_INDX) != 1)
    go_on_invalidating(rig, &walks);
  EXPECT_EQ(vreg(rig, 0, OFF_VCMDQ_CONS_INDX), 1u);
}

TEST_CASE(TimedLoad, SyncOfOneGuestCompletesWhileAnotherInvalidates)
{
  rig_run_neutral(0, sync_beside_a_guest);
}

static void enable_beside_a_guest(struct rig *rig)
{
  struct engine_timed *e;
  uint64_t start;

  start_guests(rig);
  e = rig_timed(rig);
  set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 0);
  engine_timed_run_until(e, ENGINE_NEVER);
  start = engine_timed_now(e);
  set_vreg(rig, 1, OFF_VCMDQ_CONFIG, 1);
  for (unsigned i = 0; engine_timed_now(e) < start + 20 * US; i++) {
    set_vreg(rig, 0, OFF_VCMDQ_CONFIG, i & 1);
    engine_timed_run_until(e, engine_timed_now(e) + US / 20);
    if (vreg(rig, 1, OFF_VCMDQ_STATUS) == 1)
      return;
  }
  ADD_TEST_FAILURE("the other queue is never acknowledged");
}

TEST_CASE(TimedLoad, EnableIsAcknowledgedWhileAnotherGuestTogglesIts)
{
  rig_run_neutral(0, enable_beside_a_guest);
}
