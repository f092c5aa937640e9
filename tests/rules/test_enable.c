/* Rules of bringing the SMMU up. IHI 0070 3.11, 3.5.1, 6.3.9, 6.3.14, 6.3.24-6.3.26. */
#include "tiny.h"

enum { CR1_CACHEABLE = 0xd75, TABLE_OF_TABLES = 1 << STRTAB_BASE_CFG_FMT_LO };

static void small_queues(struct smmu_config *config)
{
  config->idr[1] = (uint32_t)PUT(IDR1, CMDQS, config->idr[1], 8);
}

/* A command queue that runs, and nothing else. */
static void with_command_queue(struct tiny *d)
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
  reg_wait(d, CR0ACK, MASK(CR0ACK, CMDQEN), MASK(CR0ACK, CMDQEN));
}

/* And nothing cached. */
static void with_empty_caches(struct tiny *d)
{
  with_command_queue(d);
  issue(d, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
}

MISTAKE(QUEUE_NOWHERE, BaseForgotten, "CMDQ_BASE was never written")
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write(d, CR0, MASK(CR0, CMDQEN)); /* here */
}

REMEDY(QUEUE_NOWHERE, BaseForgotten)
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
}

MISTAKE(QUEUE_ALIGNMENT, AlignedToItsEntriesAlone,
        "EVENTQ has 0x200 bytes, and 0x100 is no multiple")
{
  reg_write64(d, EVENTQ_BASE, (d->events + 256) % 4096 | TINY_QUEUE_LOG2); /* here */
}

REMEDY(QUEUE_ALIGNMENT, AlignedToItsEntriesAlone)
{
  reg_write64(d, EVENTQ_BASE, d->events | TINY_QUEUE_LOG2);
}

MISTAKE(QUEUE_SIZE, SizeNotAsked, "CMDQ has 2^12 entries, 2^8 is the most", .change = small_queues)
{
  (void)reg_read(d, IDR1);
  reg_write64(d, CMDQ_BASE, tiny_memory(d, 16 << 12) | 12); /* here */
}

REMEDY(QUEUE_SIZE, SizeNotAsked)
{
  uint64_t log2 = GET(IDR1, CMDQS, reg_read(d, IDR1));

  reg_write64(d, CMDQ_BASE, tiny_memory(d, (size_t)16 << log2) | log2);
}

MISTAKE(QUEUE_INDICES, IndicesLeftFromBefore, "CMDQ_CONS was not written since CMDQ_BASE")
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN)); /* here */
}

REMEDY(QUEUE_INDICES, IndicesLeftFromBefore)
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
}

MISTAKE(QUEUE_INDICES, WrapBitsDiffer, "CMDQ_PROD is 0x11 and CMDQ_CONS 0x0, of 16 entries")
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0x11);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN)); /* here */
}

REMEDY(QUEUE_INDICES, WrapBitsDiffer)
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0x11);
  reg_write(d, CMDQ_CONS, 0x11);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
}

MISTAKE(TABLE_NOWHERE, SizeForgotten, "STRTAB_BASE_CFG was never written")
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN)); /* here */
}

REMEDY(TABLE_NOWHERE, SizeForgotten)
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
}

MISTAKE(TABLE_ALIGNMENT, AlignedToAnEntry, "STRTAB_BASE = 0x40 is no multiple of 2^10 bytes")
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, (d->streams + 64) % 1024);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN)); /* here */
}

REMEDY(TABLE_ALIGNMENT, AlignedToAnEntry)
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
}

MISTAKE(TABLE_FORMAT, SplitAsANumberOfTables,
        "STRTAB_BASE_CFG = 0x10104 has a SPLIT that is reserved")
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG,
            TABLE_OF_TABLES | PUT(STRTAB_BASE_CFG, SPLIT, TINY_STREAMS_LOG2, 4));
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN)); /* here */
}

REMEDY(TABLE_FORMAT, SplitAsANumberOfTables)
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG,
            TABLE_OF_TABLES | PUT(STRTAB_BASE_CFG, SPLIT, TINY_STREAMS_LOG2, 8));
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
}

MISTAKE(ATTRIBUTES_UNSET, Cr1Forgotten, "CR0 = 0x8, and CR1 was never written")
{
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN)); /* here */
}

REMEDY(ATTRIBUTES_UNSET, Cr1Forgotten)
{
  reg_write(d, CR1, CR1_CACHEABLE);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
}

MISTAKE(START_CACHED, TlbsForgotten, "not known complete: TLBI_NSNH_ALL")
{
  with_command_queue(d);
  issue(d, "CFGI_ALL; SYNC");
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN)); /* here */
}

REMEDY(START_CACHED, TlbsForgotten)
{
  with_command_queue(d);
  issue(d, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
}

MISTAKE(START_CACHED, CompletionNotAwaited, "not known complete: CFGI_ALL TLBI_NSNH_ALL")
{
  with_command_queue(d);
  put(d, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  ring_doorbell(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN)); /* here */
}

REMEDY(START_CACHED, CompletionNotAwaited)
{
  with_command_queue(d);
  put(d, "CFGI_ALL; TLBI_NSNH_ALL; SYNC");
  ring_doorbell(d);
  wait_consumed(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN));
}

MISTAKE(EVENTS_OFF, EventQueueLater, "CR0 = 0x9")
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, SMMUEN)); /* here */
}

REMEDY(EVENTS_OFF, EventQueueLater)
{
  with_empty_caches(d);
  reg_write64(d, STRTAB_BASE, d->streams);
  reg_write(d, STRTAB_BASE_CFG, TINY_STREAMS_LOG2);
  reg_write64(d, EVENTQ_BASE, d->events | TINY_QUEUE_LOG2);
  reg_write(d, EVENTQ_PROD, 0);
  reg_write(d, EVENTQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN) | MASK(CR0, EVENTQEN) | MASK(CR0, SMMUEN));
}

MISTAKE(GBPA_NO_UPDATE, UpdateForgotten, "GBPA = 0x100000")
{
  reg_write(d, GBPA, MASK(GBPA, ABORT)); /* here */
}

REMEDY(GBPA_NO_UPDATE, UpdateForgotten)
{
  reg_write(d, GBPA, MASK(GBPA, ABORT) | MASK(GBPA, Update));
  reg_wait(d, GBPA, MASK(GBPA, Update), 0);
}

MISTAKE(GBPA_BUSY, TwoUpdates,
        "GBPA = 0x80000000, and Update was not read as 0 since 0x80100000 was written")
{
  reg_write(d, GBPA, MASK(GBPA, ABORT) | MASK(GBPA, Update));
  reg_write(d, GBPA, MASK(GBPA, Update)); /* here */
}

REMEDY(GBPA_BUSY, TwoUpdates)
{
  reg_write(d, GBPA, MASK(GBPA, ABORT) | MASK(GBPA, Update));
  reg_wait(d, GBPA, MASK(GBPA, Update), 0);
  reg_write(d, GBPA, MASK(GBPA, Update));
  reg_wait(d, GBPA, MASK(GBPA, Update), 0);
}
