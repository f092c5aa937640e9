/* decode: every event, page request, command error, global error and ATOS fault code, from literal
 * words to literal text. IHI 0070 7.1, 7.3, 7.5, 8, 9.1.5. */
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "shim/gtest_c.h"

enum { ARGS = 256 };

struct fault {
  const char *args, *title, *text, *name, *means, *section;
};

static const struct fault events[] = {
  { "event 0x0000123400005801 0x0000000e0000abcd 0x1122334455667788 0", "F_UUT",
    "F_UUT ssv=1 ssid=5 sid=0x1234 reason=0xabcd pnu=1 ind=1 rnw=1 inputaddr=0x1122334455667788",
    "F_UUT", "the device sent a kind of transaction that is not supported", "7.3.2" },
  { "event 0x000000ff00001802 0 0 0", "C_BAD_STREAMID", "C_BAD_STREAMID ssv=1 ssid=1 sid=0xff",
    "C_BAD_STREAMID", "the StreamID lies outside the stream table", "7.3.3" },
  { "event 0x0000000100000003 0x0000000000010007 0 0x0000000012345678", "F_STE_FETCH",
    "F_STE_FETCH sid=1 reason=7 gpcf=1 fetchaddr=0x12345678", "F_STE_FETCH",
    "the stream table could not be read", "7.3.4" },
  { "event 0xfffffffe00000004 0 0 0", "C_BAD_STE", "C_BAD_STE sid=0xfffffffe", "C_BAD_STE",
    "the stream table entry is invalid or illegal", "7.3.5" },
  { "event 0x0000000900000005 0 0x00000000abcde000 0", "F_BAD_ATS_TREQ",
    "F_BAD_ATS_TREQ sid=9 inputaddr=0xabcde000", "F_BAD_ATS_TREQ",
    "a translation request of a stream that may not use ATS", "7.3.6" },
  { "event 0x0000000200000006 0 0 0", "F_STREAM_DISABLED", "F_STREAM_DISABLED sid=2",
    "F_STREAM_DISABLED", "this stream takes no transaction without, or with this, SubstreamID",
    "7.3.7" },
  { "event 0x0000000200000007 0x0000000800000000 0xabc 0", "F_TRANSL_FORBIDDEN",
    "F_TRANSL_FORBIDDEN sid=2 rnw=1 inputaddr=0xabc", "F_TRANSL_FORBIDDEN",
    "a translated transaction of a stream that may not use ATS", "7.3.8" },
  { "event 0x00000001fffff008 0 0 0", "C_BAD_SUBSTREAMID", "C_BAD_SUBSTREAMID ssid=0xfffff sid=1",
    "C_BAD_SUBSTREAMID", "the SubstreamID has no context descriptor", "7.3.9" },
  { "event 0x0000000100000009 0x000000000000ffff 0 0x00fffffffffffff8", "F_CD_FETCH",
    "F_CD_FETCH sid=1 reason=0xffff fetchaddr=0xfffffffffffff8", "F_CD_FETCH",
    "the context descriptor could not be read", "7.3.10" },
  { "event 0x000000030000180a 0 0 0", "C_BAD_CD", "C_BAD_CD ssv=1 ssid=1 sid=3", "C_BAD_CD",
    "the context descriptor is invalid or illegal", "7.3.11" },
  { "event 0x000000030000000b 0x0000018800000000 0xf000 0x80000008", "F_WALK_EABT",
    "F_WALK_EABT sid=3 rnw=1 s2=1 class=1 inputaddr=0xf000 fetchaddr=0x80000008", "F_WALK_EABT",
    "a translation table could not be read", "7.3.12" },
  { "event 0x0000000400000010 0x000002c280001234 0xff00000000001000 0x00fffffffffff000",
    "F_TRANSLATION",
    "F_TRANSLATION sid=4 stag=0x1234 stall=1 pnu=1 nsipa=1 s2=1 class=2 "
    "inputaddr=0xff00000000001000 ipa=0xfffffffffff000",
    "F_TRANSLATION", "the address is not mapped", "7.3.13" },
  { "event 0x0000000400000011 0x0000008000000000 0 0x1000", "F_ADDR_SIZE",
    "F_ADDR_SIZE sid=4 s2=1 ipa=0x1000", "F_ADDR_SIZE",
    "an address is larger than the output size allows", "7.3.14" },
  { "event 0x0000000400000012 0x0000020800000000 0x2000 0", "F_ACCESS",
    "F_ACCESS sid=4 rnw=1 class=2 inputaddr=0x2000", "F_ACCESS", "the mapping's access flag is 0",
    "7.3.15" },
  { "event 0x0000000400000013 0x0000118000000000 0x2000 0x3000", "F_PERMISSION",
    "F_PERMISSION sid=4 s2=1 class=1 ttrnw=1 inputaddr=0x2000 ipa=0x3000", "F_PERMISSION",
    "the mapping does not allow this access", "7.3.16" },
  { "event 0x0000000400000020 0x0000008400000042 0x2000 0x3000", "F_TLB_CONFLICT",
    "F_TLB_CONFLICT sid=4 reason=0x42 ind=1 s2=1 inputaddr=0x2000 ipa=0x3000", "F_TLB_CONFLICT",
    "more than one TLB entry matches the address", "7.3.17" },
  { "event 0x0000000400000021 0x00000000ffffffff 0 0", "F_CFG_CONFLICT",
    "F_CFG_CONFLICT sid=4 reason=0xffffffff", "F_CFG_CONFLICT",
    "more than one cached configuration matches the StreamID", "7.3.18" },
  { "event 0x0000000400001824 0x0008106c00000000 0x7000 0", "E_PAGE_REQUEST",
    "E_PAGE_REQUEST ssv=1 ssid=1 sid=4 uw=1 ur=1 px=1 pw=1 span=0x81 inputaddr=0x7000",
    "E_PAGE_REQUEST", "a hint: the device will soon access these pages", "7.3.19" },
  { "event 0x0000000400000025 1 0 0x1000", "F_VMS_FETCH",
    "F_VMS_FETCH sid=4 reason=1 fetchaddr=0x1000", "F_VMS_FETCH",
    "the Virtual Machine Structure could not be read", "7.3.20" },
  { "event 0xe0 2 0 0", "IMPDEF_EVENT", "IMPDEF_EVENT type=0xe0 dw1=0x2", "IMPDEF_EVENT",
    "only the maker of the SMMU knows what it means", "7.3.21" },
  { "event 0x00000009000018ef 0 0 3", "IMPDEF_EVENT",
    "IMPDEF_EVENT type=0xef dw0=0x900001800 dw3=0x3", "IMPDEF_EVENT",
    "only the maker of the SMMU knows what it means", "7.3.21" },
  { "event 0xdf 0 0 0", "reserved", "reserved type=0xdf", "reserved", "no event has this number",
    "7.3.21" },
  { "event 0xf0 0 0 0", "reserved", "reserved type=0xf0", "reserved", "no event has this number",
    "7.3.21" },
};

static const struct fault others[] = {
  { "pri 0x9c00000500000020 0x0000000012345007", "page request",
    "page request sid=0x20 ssid=5 priv=1 x=1 r=1 ssv=1 prgindex=7 pageaddr=0x12345000",
    "page request", "a device needs a page; more requests of this group follow", "8" },
  { "pri 0x6000000000000021 0xfffffffffffff1ff", "page request",
    "page request sid=0x21 w=1 last=1 prgindex=0x1ff pageaddr=0xfffffffffffff000", "page request",
    "the last of its group: CMD_PRI_RESP answers all of them", "8" },
  { "pri 0x4000000000000021 0", "page request", "page request sid=0x21 last=1", "page request",
    "the last of its group: CMD_PRI_RESP answers all of them", "8" },
  { "pri 0xd000000200000020 0x0000000000000003", "page request",
    "page request sid=0x20 ssid=2 r=1 last=1 ssv=1 prgindex=3", "page request",
    "the last of its group: CMD_PRI_RESP answers all of them", "8" },
  { "pri 0xc000000200000020 0x0000000000000003", "Stop marker",
    "Stop marker sid=0x20 ssid=2 last=1 ssv=1 prgindex=3", "Stop marker",
    "the device will not use this PASID any more", "8" },
  { "reg CMDQ_CONS 0x5", "CMDQ_CONS, offset 0x9c, 32 bits", "", "CERROR_NONE", "no command failed",
    "7.1" },
  { "reg CMDQ_CONS 0x01000005", "CMDQ_CONS, offset 0x9c, 32 bits", "", "CERROR_ILL",
    "the command at CONS is illegal", "7.1" },
  { "reg CMDQ_CONS 0x02000005", "CMDQ_CONS, offset 0x9c, 32 bits", "", "CERROR_ABT",
    "the command at CONS could not be read", "7.1" },
  { "reg CMDQ_CONS 0x03000005", "CMDQ_CONS, offset 0x9c, 32 bits", "", "CERROR_ATC_INV_SYNC",
    "the CMD_SYNC at CONS waited for a CMD_ATC_INV that no device completed", "7.1" },
  { "reg CMDQ_CONS 0x05000005", "CMDQ_CONS, offset 0x9c, 32 bits", "", "reserved",
    "no command error has this number", "7.1" },
  { "reg VCMDQ_CONS_INDX 0x04000005", "VCMDQ_CONS_INDX", "", "CERROR_ILL_ACCESS",
    "the command at CONS is not for this virtual interface (VCMDQs alone)", NULL },
  { "reg ECMDQ_CONS 0x81800005", "ECMDQ_CONS", "", "CERROR_ILL", "the command at CONS is illegal",
    "7.1" },
  { "reg ECMDQ_CONS 0x82800005", "ECMDQ_CONS", "", "CERROR_ABT",
    "the command at CONS could not be read", "7.1" },
  { "reg ECMDQ_CONS 0x83800005", "ECMDQ_CONS", "", "CERROR_ATC_INV_SYNC",
    "the CMD_SYNC at CONS waited for a CMD_ATC_INV that no device completed", "7.1" },
  { "gerror 0x401 0x400", "global errors: active", "", "CMDQ_ERR",
    "a command failed: CONS.ERR says why", "7.5" },
  { "gerror 0 4", "global errors: active", "", "EVENTQ_ABT_ERR",
    "an event record could not be written", "7.5" },
  { "gerror 8 0", "global errors: active", "", "PRIQ_ABT_ERR",
    "a page request could not be written", "7.5" },
  { "gerror 0x10 0", "global errors: active", "", "MSI_CMDQ_ABT_ERR",
    "the MSI of a CMD_SYNC could not be written", "7.5" },
  { "gerror 0x20 0", "global errors: active", "", "MSI_EVENTQ_ABT_ERR",
    "the MSI of the event queue could not be written", "7.5" },
  { "gerror 0x40 0", "global errors: active", "", "MSI_PRIQ_ABT_ERR",
    "the MSI of the PRI queue could not be written", "7.5" },
  { "gerror 0x80 0", "global errors: active", "", "MSI_GERROR_ABT_ERR",
    "the MSI of a global error could not be written", "7.5" },
  { "gerror 0x100 0", "global errors: active", "", "SFM_ERR", "the SMMU is in service failure mode",
    "7.5" },
  { "gerror 0x200 0", "global errors: active", "", "CMDQP_ERR",
    "a command of an enhanced queue failed: ECMDQ_CONS says which", "7.5" },
  { "gerror 0x400 0", "global errors: active", "", "DPT_ERR",
    "a look-up in the device permission table failed", "7.5" },
  { "reg VCMDQ_GERROR 2", "VCMDQ_GERROR", "", "CONS_DRAM_WR_ABT_ERR",
    "CONS could not be written to memory", NULL },
};

/* FAULTCODE alone, and REASON; what ATOS_PAR says is the event's name and text. */
static const struct fault atos[] = {
  { "par 0xff1", "ATOS_PAR: fault", "", "INV_REQ", "the request is malformed", "9.1.5" },
  { "par 0xfe1", "ATOS_PAR: fault", "", "INV_STAGE",
    "the stream does not have the stage that was asked for", "9.1.5" },
  { "par 0xfd1", "ATOS_PAR: fault", "", "INTERNAL_ERR", "the translation was terminated", "9.1.5" },
  { "par 0x021", "ATOS_PAR: fault", "", "C_BAD_STREAMID",
    "the StreamID lies outside the stream table", "7.3.3" },
  { "par 0x031", "ATOS_PAR: fault", "", "F_STE_FETCH", "the stream table could not be read",
    "7.3.4" },
  { "par 0x041", "ATOS_PAR: fault", "", "C_BAD_STE", "the stream table entry is invalid or illegal",
    "7.3.5" },
  { "par 0x061", "ATOS_PAR: fault", "", "F_STREAM_DISABLED",
    "this stream takes no transaction without, or with this, SubstreamID", "7.3.7" },
  { "par 0x081", "ATOS_PAR: fault", "", "C_BAD_SUBSTREAMID",
    "the SubstreamID has no context descriptor", "7.3.9" },
  { "par 0x091", "ATOS_PAR: fault", "", "F_CD_FETCH", "the context descriptor could not be read",
    "7.3.10" },
  { "par 0x0a1", "ATOS_PAR: fault", "", "C_BAD_CD", "the context descriptor is invalid or illegal",
    "7.3.11" },
  { "par 0x0b1", "ATOS_PAR: fault", "", "F_WALK_EABT", "a translation table could not be read",
    "7.3.12" },
  { "par 0x101", "ATOS_PAR: fault", "", "F_TRANSLATION", "the address is not mapped", "7.3.13" },
  { "par 0x111", "ATOS_PAR: fault", "", "F_ADDR_SIZE",
    "an address is larger than the output size allows", "7.3.14" },
  { "par 0x121", "ATOS_PAR: fault", "", "F_ACCESS", "the mapping's access flag is 0", "7.3.15" },
  { "par 0x131", "ATOS_PAR: fault", "", "F_PERMISSION", "the mapping does not allow this access",
    "7.3.16" },
  { "par 0x201", "ATOS_PAR: fault", "", "F_TLB_CONFLICT",
    "more than one TLB entry matches the address", "7.3.17" },
  { "par 0x211", "ATOS_PAR: fault", "", "F_CFG_CONFLICT",
    "more than one cached configuration matches the StreamID", "7.3.18" },
  { "par 0x251", "ATOS_PAR: fault", "", "F_VMS_FETCH",
    "the Virtual Machine Structure could not be read", "7.3.20" },
  { "reg GATOS_PAR 0x137", "GATOS_PAR, offset 0x118, 64 bits", "", "F_PERMISSION",
    "the mapping does not allow this access", "7.3.16" },
  { "par 0x011", "ATOS_PAR: fault", "", "reserved", "no fault has this code", "9.1.5" },
  { "par 0x051", "ATOS_PAR: fault", "", "reserved", "no fault has this code", "9.1.5" },
  { "par 0x071", "ATOS_PAR: fault", "", "reserved", "no fault has this code", "9.1.5" },
  { "par 0x241", "ATOS_PAR: fault", "", "reserved", "no fault has this code", "9.1.5" },
  { "par 0xe01", "ATOS_PAR: fault", "", "reserved", "no fault has this code", "9.1.5" },
};

enum {
  EVENTS = sizeof(events) / sizeof(events[0]),
  OTHERS = sizeof(others) / sizeof(others[0]),
  ATOS = sizeof(atos) / sizeof(atos[0])
};

/* The lines before the fields, exactly, and the same as JSON. */
static void expect_decoded(const struct fault *f)
{
  char args[ARGS], wanted[512], head[32] = "";
  struct test_run run;
  json_t *root;
  int exit_code;

  if (f->section != NULL)
    snprintf(head, sizeof(head), "IHI 0070 %s", f->section);
  else
    snprintf(head, sizeof(head), "published driver");
  snprintf(wanted, sizeof(wanted), "%s\n%s%s%s: %s (%s)\n", f->title, f->text,
           f->text[0] != '\0' ? "\n" : "", f->name, f->means, head);
  snprintf(args, sizeof(args), "decode %s", f->args);
  ASSERT_TRUE(test_run_tool(args, &run));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_STREQ(run.err, "");
  if (strncmp(run.out, wanted, strlen(wanted)) != 0)
    ADD_TEST_FAILURE("%s:\n%s\ninstead of\n%s", args, run.out, wanted);
  test_run_free(&run);

  snprintf(args, sizeof(args), "decode --json %s", f->args);
  root = cli_json(args, &exit_code);
  ASSERT_NOT_NULL(root);
  EXPECT_STREQ(cli_text(root, "title"), f->title);
  EXPECT_STREQ(cli_text(root, "means/0/name"), f->name);
  EXPECT_STREQ(cli_text(root, "means/0/text"), f->means);
  EXPECT_STREQ(cli_text(root, "means/0/section"), head);
  json_decref(root);
}

TEST_CASE(DecodeFaults, EveryEventHasItsWordsAndItsSection)
{
  for (unsigned i = 0; i < EVENTS; i++)
    expect_decoded(&events[i]);
}

TEST_CASE(DecodeFaults, PageRequestsAndErrorCodesHaveTheirs)
{
  for (unsigned i = 0; i < OTHERS; i++)
    expect_decoded(&others[i]);
}

TEST_CASE(DecodeFaults, EveryFaultCodeOfAnAtosResultHasIts)
{
  for (unsigned i = 0; i < ATOS; i++)
    expect_decoded(&atos[i]);
}

TEST_CASE(DecodeFaults, NoEventOfTheArchitectureIsMissingHere)
{
  static const char *const names[] = {
#define OPCODE(name, number)
#define EVENT_NUMBER(name, number) #name,
#include "conformance/numbers.inc"
#undef OPCODE
#undef EVENT_NUMBER
  };

  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    bool found = false;

    for (unsigned k = 0; k < EVENTS; k++)
      found |= strcmp(events[k].name, names[i]) == 0;
    if (!found)
      ADD_TEST_FAILURE("%s is decoded by no test", names[i]);
  }
}

struct result {
  const char *args, *lines;
};

/* The position of the lowest 1 in ADDR gives the size, 9.1.4; a fault has fields of its own. */
static const struct result results[] = {
  { "decode par 0xff00000080000300",
    "ATOS_PAR: success\n0x80000000, 4 KiB, Normal write-back, inner shareable\n"
    "FAULT                [0:0]      0x0  success\n" },
  { "decode par 0x4400000080008b00",
    "ATOS_PAR: success\n0x80000000, 64 KiB, Normal non-cacheable, inner shareable\n" },
  { "decode par 0x0400000040100a00",
    "ATOS_PAR: success\n0x40000000, 2 MiB, Device-nGnRE, outer shareable\n" },
  { "decode par 0xff00000080001b00",
    "ATOS_PAR: success\n0x80000000, 8 KiB, Normal write-back, inner shareable\n" },
  { "decode par 0x0000000080001137",
    "ATOS_PAR: fault\nF_PERMISSION: the mapping does not allow this access (IHI 0070 7.3.16)\n"
    "FAULT                [0:0]      0x1  fault\n"
    "IMPDEF               [63:60]    0x0\n"
    "REASON               [2:1]      0x3  stage 2, input address\n"
    "FAULTCODE            [11:4]     0x13\n"
    "FADDR                [55:12]    0x80001  address 0x80001000\n" },
  { "decode gerror 0x201 0x100",
    "global errors: active\nCMDQ_ERR: a command failed: CONS.ERR says why (IHI 0070 7.5)\n"
    "SFM_ERR: the SMMU is in service failure mode (IHI 0070 7.5)\n"
    "CMDQP_ERR: a command of an enhanced queue failed: ECMDQ_CONS says which (IHI 0070 7.5)\n" },
  { "decode gerror 0x201 0x201", "global errors: none is active\nCMDQ_ERR             [0:0]" },
};

enum { RESULTS = sizeof(results) / sizeof(results[0]) };

TEST_CASE(DecodeFaults, ResultsOfAtosAndActiveErrorsArePrintedWhole)
{
  for (unsigned i = 0; i < RESULTS; i++) {
    struct test_run run;

    ASSERT_TRUE(test_run_tool(results[i].args, &run));
    EXPECT_EQ(run.exit_code, 0);
    if (strncmp(run.out, results[i].lines, strlen(results[i].lines)) != 0)
      ADD_TEST_FAILURE("%s:\n%s\ninstead of\n%s", results[i].args, run.out, results[i].lines);
    test_run_free(&run);
  }
}

TEST_CASE(DecodeFaults, WrongWordsGetAReason)
{
  static const char *const lines[] = { "decode pri 1", "decode gerror 1",
                                       "decode gerror 0x100000000 0", "decode par",
                                       "decode reg VCMDQ_NOSUCH 1" };

  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
    cli_expect_refused(lines[i], WRONG, "smmulator decode: ");
}
