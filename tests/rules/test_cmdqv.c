/* Rules of CMDQV, and of registers of queues that are not the SMMU's own. */
#include "arch/ecmdq.h"
#include "smmu/ecmdq.h"
#include "tiny.h"

enum { LOG2 = 5 };

#define cmdqv_write(d, offset, value) \
  plat_mmio_write((d)->plat, PLAT_CMDQV_BASE + (offset), value, 4)
#define cmdqv_write64(d, offset, value) \
  plat_mmio_write((d)->plat, PLAT_CMDQV_BASE + (offset), value, 8)
#define cmdqv_wait(d, offset, mask, value) \
  tiny_wait(d, PLAT_CMDQV_BASE + (offset), (uint32_t)(mask), (uint32_t)(value))
#define VINTF(v, reg)     (cmdqv_vintf(v) + OFF_VINTF_##reg)
#define LVCMDQ(v, reg)    (cmdqv_lvcmdq_page0(v, 0) + OFF_VCMDQ_##reg)
#define LVCMDQ_BASE(v)    (cmdqv_lvcmdq_page1(v, 0) + OFF_VCMDQ_BASE)
#define ECMDQ_REG(d, reg) (PLAT_SMMU_BASE + SMMU_ECMDQ_PAGES + OFF_ECMDQ_##reg)

#define ecmdq_prod(d, value) plat_mmio_write((d)->plat, ECMDQ_REG(d, PROD), value, 4)

enum { ON = 1, ALLOCATED = 1 }; /* VINTF 0, LVCMDQ 0 */

static void vintf_on(const struct tiny *d, unsigned vintf, uint32_t config)
{
  cmdqv_write(d, VINTF(vintf, CONFIG), config);
  cmdqv_write(d, VINTF(vintf, CONFIG), config | ON);
  cmdqv_wait(d, VINTF(vintf, STATUS), 1, 1);
}

/* LVCMDQ 0 of VINTF 0, by the book. */
static void vcmdq_on(const struct tiny *d)
{
  cmdqv_write(d, OFF_CMDQV_CMDQ_ALLOC_MAP, ALLOCATED);
  cmdqv_write(d, LVCMDQ(0, PROD_INDX), 0);
  cmdqv_write(d, LVCMDQ(0, CONS_INDX), 0);
  cmdqv_write64(d, LVCMDQ_BASE(0), tiny_memory(d, 16 << LOG2) | LOG2);
  cmdqv_write(d, LVCMDQ(0, CONFIG), ON);
  cmdqv_wait(d, LVCMDQ(0, STATUS), 1, 1);
}

MISTAKE(VCMDQ_COMMAND, ConfigurationByAGuest,
        "CFGI_STE sid=1: it belongs into the SMMU's own queue", .start = true, .with_cmdqv = true)
{
  uint64_t ring = tiny_memory(d, 16 << LOG2);

  vintf_on(d, 0, 0);
  vcmdq_on(d);
  cmdqv_write(d, LVCMDQ(0, CONFIG), 0);
  cmdqv_wait(d, LVCMDQ(0, STATUS), 1, 0);
  cmdqv_write64(d, LVCMDQ_BASE(0), ring | LOG2);
  cmdqv_write(d, LVCMDQ(0, CONFIG), ON);
  cmdqv_wait(d, LVCMDQ(0, STATUS), 1, 1);
  store(d, ring, CMD_CFGI_STE | 1ULL << 32); /* here */
  store(d, ring + 8, 0);
  barrier(d);
  cmdqv_write(d, LVCMDQ(0, PROD_INDX), 1);
}

REMEDY(VCMDQ_COMMAND, ConfigurationByAGuest)
{
  vintf_on(d, 0, 0);
  vcmdq_on(d);
  issue(d, "CFGI_STE sid=1; SYNC");
}

MISTAKE(VCMDQ_EARLY, StatusNotAwaited,
        "LVCMDQ 0 of VINTF 0, whose STATUS was not seen with ENABLE_OK", .start = true,
        .with_cmdqv = true)
{
  cmdqv_write(d, VINTF(0, CONFIG), ON);
  cmdqv_write(d, OFF_CMDQV_CMDQ_ALLOC_MAP, ALLOCATED);
  cmdqv_write64(d, LVCMDQ_BASE(0), tiny_memory(d, 16 << LOG2) | LOG2);
  cmdqv_write(d, LVCMDQ(0, CONFIG), ON); /* here */
}

REMEDY(VCMDQ_EARLY, StatusNotAwaited)
{
  vintf_on(d, 0, 0);
  vcmdq_on(d);
}

MISTAKE(VCMDQ_UNALLOCATED, MapForgotten, "LVCMDQ 0 of VINTF 0 is in no CMDQ_ALLOC_MAP",
        .start = true, .with_cmdqv = true)
{
  vintf_on(d, 0, 0);
  cmdqv_write64(d, LVCMDQ_BASE(0), tiny_memory(d, 16 << LOG2) | LOG2);
  cmdqv_write(d, LVCMDQ(0, CONFIG), ON); /* here */
}

REMEDY(VCMDQ_UNALLOCATED, MapForgotten)
{
  vintf_on(d, 0, 0);
  vcmdq_on(d);
}

MISTAKE(VINTF_CHANGED, VmidOfTheNextGuest, "VINTF 1: CONFIG goes from 0x7 to 0x9", .start = true,
        .with_cmdqv = true)
{
  vintf_on(d, 1, (uint32_t)PUT(VINTF_CONFIG, VMID, 0, 3));
  cmdqv_write(d, VINTF(1, CONFIG), (uint32_t)PUT(VINTF_CONFIG, VMID, ON, 4)); /* here */
}

REMEDY(VINTF_CHANGED, VmidOfTheNextGuest)
{
  vintf_on(d, 1, (uint32_t)PUT(VINTF_CONFIG, VMID, 0, 3));
  cmdqv_write(d, VINTF(1, CONFIG), (uint32_t)PUT(VINTF_CONFIG, VMID, 0, 3));
  cmdqv_wait(d, VINTF(1, STATUS), 1, 0);
  vintf_on(d, 1, (uint32_t)PUT(VINTF_CONFIG, VMID, 0, 4));
}

MISTAKE(SID_TWICE, SecondDeviceSameNumber, "VINTF 1: StreamID 0x8 in SID_MATCH 0 and 1",
        .start = true, .with_cmdqv = true)
{
  uint32_t match = (uint32_t)PUT(VINTF_SID_MATCH, VIRT_SID, 1, 8);

  cmdqv_write(d, VINTF(1, SID_REPLACE), 0x21);
  cmdqv_write(d, VINTF(1, SID_MATCH), match);
  cmdqv_write(d, VINTF(1, SID_REPLACE) + 4, 0x22);
  cmdqv_write(d, VINTF(1, SID_MATCH) + 4, match); /* here */
}

REMEDY(SID_TWICE, SecondDeviceSameNumber)
{
  cmdqv_write(d, VINTF(1, SID_REPLACE), 0x21);
  cmdqv_write(d, VINTF(1, SID_MATCH), (uint32_t)PUT(VINTF_SID_MATCH, VIRT_SID, 1, 8));
  cmdqv_write(d, VINTF(1, SID_REPLACE) + 4, 0x22);
  cmdqv_write(d, VINTF(1, SID_MATCH) + 4, (uint32_t)PUT(VINTF_SID_MATCH, VIRT_SID, 1, 9));
}

MISTAKE(SID_REPLACED, MatchFirst,
        "VINTF 1: SID_REPLACE 0 goes from 0x0 to 0x21, and SID_MATCH is enabled", .start = true,
        .with_cmdqv = true)
{
  cmdqv_write(d, VINTF(1, SID_MATCH), (uint32_t)PUT(VINTF_SID_MATCH, VIRT_SID, 1, 8));
  cmdqv_write(d, VINTF(1, SID_REPLACE), 0x21); /* here */
}

REMEDY(SID_REPLACED, MatchFirst)
{
  cmdqv_write(d, VINTF(1, SID_REPLACE), 0x21);
  cmdqv_write(d, VINTF(1, SID_MATCH), (uint32_t)PUT(VINTF_SID_MATCH, VIRT_SID, 1, 8));
}

/* ---- registers ---- */

MISTAKE(REG_GUARDED, RingOfARunningVcmdq, "VCMDQ_BASE is written while its queue is enabled",
        .start = true, .with_cmdqv = true)
{
  vintf_on(d, 0, 0);
  vcmdq_on(d);
  cmdqv_write64(d, LVCMDQ_BASE(0), tiny_memory(d, 16 << LOG2) | LOG2); /* here */
}

REMEDY(REG_GUARDED, RingOfARunningVcmdq)
{
  vintf_on(d, 0, 0);
  vcmdq_on(d);
  cmdqv_write(d, LVCMDQ(0, CONFIG), 0);
  cmdqv_wait(d, LVCMDQ(0, STATUS), 1, 0);
  cmdqv_write64(d, LVCMDQ_BASE(0), tiny_memory(d, 16 << LOG2) | LOG2);
}

MISTAKE(REG_READ_ONLY, EnabledByStatus, "VCMDQ_STATUS", .start = true, .with_cmdqv = true)
{
  vintf_on(d, 0, 0);
  cmdqv_write(d, OFF_CMDQV_CMDQ_ALLOC_MAP, ALLOCATED);
  cmdqv_write(d, LVCMDQ(0, STATUS), ON); /* here */
}

REMEDY(REG_READ_ONLY, EnabledByStatus)
{
  vintf_on(d, 0, 0);
  vcmdq_on(d);
}

/* Its ring; ENACK is still to be waited for. */
static uint64_t set_up_ecmdq(const struct tiny *d)
{
  uint64_t ring = tiny_memory(d, 16 << LOG2);

  (void)reg_read(d, IDR1);
  (void)reg_read(d, IDR6);
  plat_mmio_write(d->plat, ECMDQ_REG(d, BASE), ring | LOG2, 8);
  ecmdq_prod(d, 0);
  plat_mmio_write(d->plat, ECMDQ_REG(d, CONS), 0, 4);
  ecmdq_prod(d, MASK(ECMDQ_PROD, EN));
  return ring;
}

static uint64_t ecmdq_on(const struct tiny *d)
{
  uint64_t ring = set_up_ecmdq(d);

  tiny_wait(d, ECMDQ_REG(d, CONS), (uint32_t)MASK(ECMDQ_CONS, ENACK),
            (uint32_t)MASK(ECMDQ_CONS, ENACK));
  return ring;
}

MISTAKE(ECMDQ_UNACKNOWLEDGED, DoorbellAtOnce, "ECMDQ_PROD = 0x0, and CONS.ENACK was not seen as 1",
        .start = true, .with_ecmdqs = true)
{
  set_up_ecmdq(d);
  ecmdq_prod(d, 0); /* here */
}

REMEDY(ECMDQ_UNACKNOWLEDGED, DoorbellAtOnce)
{
  ecmdq_on(d);
  ecmdq_prod(d, 0);
}

MISTAKE(REG_GUARDED, RingOfAnEnhancedQueue, "ECMDQ_BASE is written while its queue is enabled",
        .start = true, .with_ecmdqs = true)
{
  set_up_ecmdq(d);
  plat_mmio_write(d->plat, ECMDQ_REG(d, BASE), tiny_memory(d, 16 << LOG2) | LOG2, 8); /* here */
}

REMEDY(REG_GUARDED, RingOfAnEnhancedQueue)
{
  set_up_ecmdq(d);
}

MISTAKE(ERROR_INVENTED, AcknowledgedTwice, "ECMDQ_PROD.ERRACK = 1, CONS.ERR was read as 0",
        .start = true, .with_ecmdqs = true)
{
  ecmdq_on(d);
  ecmdq_prod(d, MASK(ECMDQ_PROD, EN) | MASK(ECMDQ_PROD, ERRACK)); /* here */
}

REMEDY(ERROR_INVENTED, AcknowledgedTwice)
{
  set_up_ecmdq(d);
}

MISTAKE(
  SYNC_ELSEWHERE, OneSyncForAllQueues,
  "0x1000-0x1fff of ASID 7: the CMD_SYNC behind the TLBI went into another queue when it was said to be unmapped",
  .start = true, .stage = 1, .with_ecmdqs = true)
{
  uint64_t ring = ecmdq_on(d);

  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, ring, CMD_TLBI_NH_VA | 7ULL << 48); /* here */
  store(d, ring + 8, 0x1000);
  barrier(d);
  ecmdq_prod(d, MASK(ECMDQ_PROD, EN) | 1);
  issue(d, "SYNC");
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

REMEDY(SYNC_ELSEWHERE, OneSyncForAllQueues)
{
  uint64_t ring = ecmdq_on(d);

  store(d, LEAF_OF(d, 0x1000), 0);
  store(d, ring, CMD_TLBI_NH_VA | 7ULL << 48);
  store(d, ring + 8, 0x1000);
  store(d, ring + 16, CMD_SYNC);
  barrier(d);
  ecmdq_prod(d, MASK(ECMDQ_PROD, EN) | 2);
  tiny_wait(d, ECMDQ_REG(d, CONS), (uint32_t)MASK(ECMDQ_CONS, RD), 2);
  say(d, UNMAPPED, 0x1000, 0x1000, 0);
}

MISTAKE(ERROR_UNMENDED, EnhancedQueueTriedAgain,
        "CONS = 0x0 with error 1, and nothing was stored there", .start = true, .with_ecmdqs = true,
        .besides = "command-illegal")
{
  store(d, ecmdq_on(d), 0x99);
  barrier(d);
  ecmdq_prod(d, MASK(ECMDQ_PROD, EN) | 1);
  tiny_wait(d, ECMDQ_REG(d, CONS), (uint32_t)MASK(ECMDQ_CONS, ERR),
            (uint32_t)MASK(ECMDQ_CONS, ERR));
  ecmdq_prod(d, MASK(ECMDQ_PROD, EN) | MASK(ECMDQ_PROD, ERRACK) | 1); /* here */
}

REMEDY(ERROR_UNMENDED, EnhancedQueueTriedAgain)
{
  store(d, ecmdq_on(d), CMD_SYNC);
  barrier(d);
  ecmdq_prod(d, MASK(ECMDQ_PROD, EN) | 1);
}
