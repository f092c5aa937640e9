/* Rules of single commands. IHI 0070 4.1, 4.4.1, 4.5, 4.7.3. */
#include "tiny.h"
#include <stdio.h>

static void without_ril(struct smmu_config *config)
{
  config->idr[3] = (uint32_t)PUT(IDR3, RIL, config->idr[3], 0);
}

static void without_hyp(struct smmu_config *config)
{
  config->idr[0] = (uint32_t)PUT(IDR0, HYP, config->idr[0], 0);
}

static void without_msi(struct smmu_config *config)
{
  config->idr[0] = (uint32_t)PUT(IDR0, MSI, config->idr[0], 0);
}

static void asids_of_8_bits(struct smmu_config *config)
{
  config->idr[0] = (uint32_t)PUT(IDR0, ASID16, config->idr[0], 0);
}

/* A CMD_SYNC that writes 1 to an address. */
static const char *sync_msi(uint64_t addr)
{
  static char text[128];

  snprintf(text, sizeof text, "SYNC cs=1 msh=3 msiattr=15 msiaddress=0x%llx msidata=1",
           (unsigned long long)addr);
  return text;
}

MISTAKE(COMMAND_ILLEGAL, OpcodeOfAnotherQueue, "OP_0x5a: no command has this opcode", .start = true)
{
  put(d, "OP_0x5a"); /* here */
  ring_doorbell(d);
}

REMEDY(COMMAND_ILLEGAL, OpcodeOfAnotherQueue)
{
  put(d, "TLBI_S2_IPA ipa=0x1000 vmid=1");
  ring_doorbell(d);
}

MISTAKE(COMMAND_ILLEGAL, SignalThatIsReserved, "SYNC cs=3: CS is reserved", .start = true)
{
  put(d, "SYNC cs=3"); /* here */
  ring_doorbell(d);
}

REMEDY(COMMAND_ILLEGAL, SignalThatIsReserved)
{
  put(d, "SYNC cs=2");
  ring_doorbell(d);
}

MISTAKE(COMMAND_ABSENT, ForHypervisorsAlone, "TLBI_EL2_ALL: IDR0.HYP is 0", .start = true,
        .change = without_hyp)
{
  put(d, "TLBI_EL2_ALL; SYNC"); /* here */
  ring_doorbell(d);
}

REMEDY(COMMAND_ABSENT, ForHypervisorsAlone)
{
  put(d, GET(IDR0, HYP, reg_read(d, IDR0)) ? "TLBI_EL2_ALL; SYNC" : "TLBI_NSNH_ALL; SYNC");
  ring_doorbell(d);
}

MISTAKE(COMMAND_RESERVED, SlotNotCleared, "CFGI_STE sid=1 dw1=0xdead0000: reserved bits are set",
        .start = true)
{
  put(d, "CFGI_STE sid=1 dw1=0xdead0000; SYNC"); /* here */
  ring_doorbell(d);
}

REMEDY(COMMAND_RESERVED, SlotNotCleared)
{
  put(d, "CFGI_STE sid=1; SYNC");
  ring_doorbell(d);
}

MISTAKE(COMMAND_NUMBER, AsidTooWide, "TLBI_NH_ASID asid=0x107: the ASID has more than 8 bits",
        .start = true, .change = asids_of_8_bits)
{
  put(d, "TLBI_NH_ASID asid=0x107; SYNC"); /* here */
  ring_doorbell(d);
}

REMEDY(COMMAND_NUMBER, AsidTooWide)
{
  put(d, "TLBI_NH_ASID asid=7; SYNC");
  ring_doorbell(d);
}

MISTAKE(COMMAND_IGNORED, BeforeSmmuen, "ATC_INV sid=1 size=0x34: SMMUEN is 0", .with_ats = true)
{
  reg_write(d, CR1, 0xd75);
  reg_write64(d, CMDQ_BASE, d->ring | TINY_QUEUE_LOG2);
  reg_write(d, CMDQ_PROD, 0);
  reg_write(d, CMDQ_CONS, 0);
  reg_write(d, CR0, MASK(CR0, CMDQEN));
  issue(d, "ATC_INV sid=1 size=52; SYNC"); /* here */
}

REMEDY(COMMAND_IGNORED, BeforeSmmuen)
{
  started(d);
  issue(d, "TLBI_NSNH_ALL; SYNC");
}

MISTAKE(RANGE_ABSENT, RangeNotAsked, "TLBI_NH_VA num=7 asid=7 ttl=3 tg=1 va=0x10000: IDR3.RIL is 0",
        .start = true, .change = without_ril)
{
  (void)reg_read(d, IDR3);
  put(d, "TLBI_NH_VA asid=7 va=0x10000 tg=1 ttl=3 num=7; SYNC"); /* here */
  ring_doorbell(d);
}

REMEDY(RANGE_ABSENT, RangeNotAsked)
{
  (void)reg_read(d, IDR3);
  put(d, "TLBI_NH_VA asid=7 va=0x10000; TLBI_NH_VA asid=7 va=0x11000; SYNC");
  ring_doorbell(d);
}

MISTAKE(RANGE_MALFORMED, GranuleForgotten,
        "TLBI_NH_VA num=7 asid=7 va=0x10000: NUM, SCALE and TTL count for nothing without TG",
        .start = true)
{
  put(d, "TLBI_NH_VA asid=7 va=0x10000 num=7; SYNC"); /* here */
  ring_doorbell(d);
}

REMEDY(RANGE_MALFORMED, GranuleForgotten)
{
  put(d, "TLBI_NH_VA asid=7 va=0x10000 tg=1 num=7; SYNC");
  ring_doorbell(d);
}

MISTAKE(
  RANGE_MALFORMED, BlockNotAligned,
  "TLBI_NH_VA num=1 asid=7 ttl=2 tg=1 va=0x10000: the address is not aligned to what TG and TTL say",
  .start = true)
{
  put(d, "TLBI_NH_VA asid=7 va=0x10000 tg=1 ttl=2 num=1; SYNC"); /* here */
  ring_doorbell(d);
}

REMEDY(RANGE_MALFORMED, BlockNotAligned)
{
  put(d, "TLBI_NH_VA asid=7 va=0x200000 tg=1 ttl=2 num=1; SYNC");
  ring_doorbell(d);
}

MISTAKE(RANGE_MALFORMED, OnePageWithoutLevel,
        "TLBI_NH_VA asid=7 tg=1 va=0x10000: NUM, SCALE and TTL 0 with TG are reserved",
        .start = true)
{
  put(d, "TLBI_NH_VA asid=7 va=0x10000 tg=1; SYNC"); /* here */
  ring_doorbell(d);
}

REMEDY(RANGE_MALFORMED, OnePageWithoutLevel)
{
  put(d, "TLBI_NH_VA asid=7 va=0x10000; SYNC");
  ring_doorbell(d);
}

MISTAKE(ATC_MISALIGNED, SpanFromAnyPage,
        "ATC_INV sid=1 size=2 addr=0x3000: the address is cut down to a multiple of the span",
        .start = true, .with_ats = true, .besides = "atc-inv-needless")
{
  /* Pages 0x3000 to 0x6fff. */
  issue(d, "ATC_INV sid=1 addr=0x3000 size=2; SYNC"); /* here */
}

REMEDY(ATC_MISALIGNED, SpanFromAnyPage)
{
  issue(d, "ATC_INV sid=1 addr=0 size=3; SYNC");
}

MISTAKE(SYNC_NO_MSI, NobodyWrites,
        "SYNC cs=1 msh=3 msiattr=0xf msidata=1 msiaddress=0x80004000: IDR0.MSI is 0", .start = true,
        .change = without_msi)
{
  put(d, sync_msi(tiny_memory(d, 4096))); /* here */
  ring_doorbell(d);
}

REMEDY(SYNC_NO_MSI, NobodyWrites)
{
  put(d, "SYNC");
  ring_doorbell(d);
}

MISTAKE(
  SYNC_SAME, CompletionWordNotReset,
  "SYNC cs=1 msh=3 msiattr=0xf msidata=1 msiaddress=0x80004000: the word there has this value already",
  .start = true)
{
  uint64_t done = tiny_memory(d, 4096);

  store(d, done, 1);
  put(d, sync_msi(done)); /* here */
  ring_doorbell(d);
}

REMEDY(SYNC_SAME, CompletionWordNotReset)
{
  uint64_t done = tiny_memory(d, 4096);

  store(d, done, 0);
  put(d, sync_msi(done));
  ring_doorbell(d);
  while ((uint32_t)load(d, done) != 1)
    plat_relax(d->plat);
}
