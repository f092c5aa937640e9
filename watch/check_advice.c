/* Advice on what a driver could do cheaper: a CMD_SYNC with nothing to wait for, pages one by one where
 * there are ranges, a register polled where an MSI would tell. IHI 0070 4.7.3, 4.4.1.1. */
#include "arch/structs.h"
#include "watch/check_state.h"

/* Pages one behind the other that one command would do; reads of CONS that tell nothing new. */
enum { PAGES_MANY = 16, READS_MANY = 64 };

static bool has(const struct check_world *w, unsigned reg, uint64_t mask)
{
  return w->reg[reg].saw.record && w->reg[reg].read & mask;
}

/* Another queue was stopped or started since: that may be what is waited for. */
static void check_needless(struct check *c, const struct check_world *w, struct check_habit *h,
                           const struct check_command *command)
{
  if (h->synced && h->cpu == command->at.cpu && w->queue_written < h->record)
    check_tell(c, CHECK_SYNC_NEEDLESS, &command->at,
               "nothing stands between it and the CMD_SYNC before, of the same CPU");
}

/* The same command for the next page, whatever the size of a page is. */
static bool is_next(const struct check_habit *h, const struct check_command *command, uint64_t page)
{
  uint64_t differ = (h->words[1] ^ command->words[1]) & ~bits_mask(63, 12);

  return h->words[0] == command->words[0] && !differ && h->cpu == command->at.cpu &&
         page - h->page == h->step;
}

static void check_pages(struct check *c, const struct check_world *w, struct check_habit *h,
                        const struct check_command *command)
{
  unsigned opcode = (unsigned)FGET(CMD, Opcode, command->words);
  uint64_t page = FGET(CMD, ADDR, command->words), step;

  if ((opcode != CMD_TLBI_NH_VA && opcode != CMD_TLBI_S2_IPA) || FGET(CMD, TG, command->words)) {
    h->pages = 0;
    return;
  }
  if (h->pages == 1) {
    step = page - h->page;
    h->step = step == 1 || step == 4 || step == 16 ? step : 1;
  }
  h->pages = h->pages && is_next(h, command, page) ? h->pages + 1 : 1;
  h->page = page;
  if (h->pages == PAGES_MANY && has(w, R_IDR3, MASK(IDR3, RIL)))
    check_tell(c, CHECK_PAGE_BY_PAGE, &command->at, "the %dth TLBI in a row for the next page",
               PAGES_MANY);
}

void check_advice_submitted(struct check *c, const struct check_world *w, struct check_queue *q,
                            const struct check_command *command)
{
  struct check_habit *h = &q->habit;
  bool sync = FGET(CMD, Opcode, command->words) == CMD_SYNC;

  if (sync)
    check_needless(c, w, h, command);
  check_pages(c, w, h, command);
  h->synced = sync;
  h->cpu = command->at.cpu;
  h->record = command->submitted.record;
  h->words[0] = command->words[0];
  h->words[1] = command->words[1];
}

void check_advice_polled(struct check *c, const struct check_world *w, struct check_queue *q,
                         uint32_t cons)
{
  struct check_habit *h = &q->habit;

  h->reads = cons == h->cons ? h->reads + 1 : 0;
  h->cons = cons;
  if (h->reads == READS_MANY && q->kind != CHECK_VCMDQ && cons != q->prod &&
      has(w, R_IDR0, MASK(IDR0, MSI)) && has(w, R_IDR0, MASK(IDR0, COHACC)))
    check_tell(c, CHECK_CONS_POLLED, NULL, "CONS is 0x%x, read for the %dth time", cons,
               READS_MANY + 1);
}
