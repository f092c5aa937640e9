/* Rules of stalls and page requests. IHI 0070 3.12.2, 4.5.2, 4.6.1, chapter 8. */
#include "smmu/smmu.h"
#include "tiny.h"

/* Stream 1 asks for a page, alone in its group; what is in the PRI queue is taken. */
static void request(struct tiny *d, uint16_t group)
{
  struct smmu_pri p = { .sid = 1, .addr = 0x9000, .read = 1, .last = 1, .group = group };
  uint32_t before = reg_read(d, PRIQ_PROD);

  EXPECT_EQ(plat_board_page_request(d->board, &p), SMMU_OK);
  reg_wait(d, PRIQ_PROD, UINT32_MAX, before + 1);
}

#define take_requests(d) reg_write(d, PRIQ_CONS, reg_read(d, PRIQ_PROD))

MISTAKE(RESUME_UNKNOWN, WrongTag, "stream 0x1, STAG 0x5: no stalled transaction waits under it",
        .start = true, .stage = 1, .with_ats = true)
{
  issue(d, "RESUME sid=1 stag=5 action=1; SYNC"); /* here */
}

REMEDY(RESUME_UNKNOWN, WrongTag)
{
  issue(d, "STALL_TERM sid=1; SYNC");
}

MISTAKE(PRI_UNASKED, AnsweredTwice, "stream 0x1, group 3: no page request waits for an answer",
        .start = true, .stage = 1, .with_ats = true)
{
  request(d, 3);
  take_requests(d);
  issue(d, "PRI_RESP sid=1 prgindex=3 resp=2; SYNC");
  issue(d, "PRI_RESP sid=1 prgindex=3 resp=2; SYNC"); /* here */
}

REMEDY(PRI_UNASKED, AnsweredTwice)
{
  request(d, 3);
  take_requests(d);
  issue(d, "PRI_RESP sid=1 prgindex=3 resp=2; SYNC");
}

MISTAKE(PRI_UNANSWERED, TakenAndForgotten, "stream 0x1, group 3", .start = true, .stage = 1,
        .with_ats = true)
{
  request(d, 3);
  take_requests(d); /* here */
}

REMEDY(PRI_UNANSWERED, TakenAndForgotten)
{
  request(d, 3);
  take_requests(d);
  issue(d, "PRI_RESP sid=1 prgindex=3 resp=2; SYNC");
}
