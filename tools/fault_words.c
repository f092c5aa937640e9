/* Tables of words for error codes. IHI 0070 7.1, 7.3, 7.5, 8, 9.1.5. Codes come from arch/. */
#include "tools/fault_words.h"

#include <string.h>

#include "arch/cmdqv.h"
#include "arch/event.h"
#include "arch/structs.h"

enum { FIRST_IMPDEF = 0xe0, LAST_IMPDEF = 0xef };
enum { ATOS_INTERNAL_ERR = 0xfd, ATOS_INV_STAGE = 0xfe, ATOS_INV_REQ = 0xff };

static const struct fault_words events[] = {
#define WORDS(name, text, section) { EVENT_##name, #name, text, "IHI 0070 " section },
  WORDS(F_UUT, "the device sent a kind of transaction that is not supported",
        "7.3.2") WORDS(C_BAD_STREAMID, "the StreamID lies outside the stream table",
                       "7.3.3") WORDS(F_STE_FETCH, "the stream table could not be read", "7.3.4")
    WORDS(C_BAD_STE, "the stream table entry is invalid or illegal", "7.3.5") WORDS(
      F_BAD_ATS_TREQ, "a translation request of a stream that may not use ATS",
      "7.3.6") WORDS(F_STREAM_DISABLED,
                     "this stream takes no transaction without, or with this, SubstreamID", "7.3.7")
      WORDS(F_TRANSL_FORBIDDEN, "a translated transaction of a stream that may not use ATS",
            "7.3.8") WORDS(C_BAD_SUBSTREAMID, "the SubstreamID has no context descriptor", "7.3.9")
        WORDS(F_CD_FETCH, "the context descriptor could not be read", "7.3.10") WORDS(
          C_BAD_CD, "the context descriptor is invalid or illegal",
          "7.3.11") WORDS(F_WALK_EABT, "a translation table could not be read",
                          "7.3.12") WORDS(F_TRANSLATION, "the address is not mapped", "7.3.13")
          WORDS(F_ADDR_SIZE, "an address is larger than the output size allows",
                "7.3.14") WORDS(F_ACCESS, "the mapping's access flag is 0", "7.3.15")
            WORDS(F_PERMISSION, "the mapping does not allow this access", "7.3.16")
              WORDS(F_TLB_CONFLICT, "more than one TLB entry matches the address", "7.3.17") WORDS(
                F_CFG_CONFLICT, "more than one cached configuration matches the StreamID", "7.3.18")
                WORDS(E_PAGE_REQUEST, "a hint: the device will soon access these pages", "7.3.19")
                  WORDS(F_VMS_FETCH, "the Virtual Machine Structure could not be read", "7.3.20")
#undef WORDS
};

static const struct fault_words impdef_event = { FIRST_IMPDEF, "IMPDEF_EVENT",
                                                 "only the maker of the SMMU knows what it means",
                                                 "IHI 0070 7.3.21" };
static const struct fault_words no_event = { 0, "reserved", "no event has this number",
                                             "IHI 0070 7.3.21" };

static const struct fault_words commands[] = {
  { CERROR_NONE, "CERROR_NONE", "no command failed", "IHI 0070 7.1" },
  { CERROR_ILL, "CERROR_ILL", "the command at CONS is illegal", "IHI 0070 7.1" },
  { CERROR_ABT, "CERROR_ABT", "the command at CONS could not be read", "IHI 0070 7.1" },
  { CERROR_ATC_INV_SYNC, "CERROR_ATC_INV_SYNC",
    "the CMD_SYNC at CONS waited for a CMD_ATC_INV that no device completed", "IHI 0070 7.1" },
  { CERROR_ILL_ACCESS, "CERROR_ILL_ACCESS",
    "the command at CONS is not for this virtual interface (VCMDQs alone)", "published driver" },
};

static const struct fault_words no_command = { 0, "reserved", "no command error has this number",
                                               "IHI 0070 7.1" };

static const struct fault_words flags[] = {
  { 0, "CMDQ_ERR", "a command failed: CONS.ERR says why", "IHI 0070 7.5" },
  { 0, "EVENTQ_ABT_ERR", "an event record could not be written", "IHI 0070 7.5" },
  { 0, "PRIQ_ABT_ERR", "a page request could not be written", "IHI 0070 7.5" },
  { 0, "MSI_CMDQ_ABT_ERR", "the MSI of a CMD_SYNC could not be written", "IHI 0070 7.5" },
  { 0, "MSI_EVENTQ_ABT_ERR", "the MSI of the event queue could not be written", "IHI 0070 7.5" },
  { 0, "MSI_PRIQ_ABT_ERR", "the MSI of the PRI queue could not be written", "IHI 0070 7.5" },
  { 0, "MSI_GERROR_ABT_ERR", "the MSI of a global error could not be written", "IHI 0070 7.5" },
  { 0, "SFM_ERR", "the SMMU is in service failure mode", "IHI 0070 7.5" },
  { 0, "CMDQP_ERR", "a command of an enhanced queue failed: ECMDQ_CONS says which",
    "IHI 0070 7.5" },
  { 0, "DPT_ERR", "a look-up in the device permission table failed", "IHI 0070 7.5" },
  { 0, "CONS_DRAM_WR_ABT_ERR", "CONS could not be written to memory", "published driver" },
  { 0, "CMDQ_INIT_ERR", "the queue could not start", "published driver" },
};

static const struct fault_words page_requests[] = {
  { 0, "page request", "a device needs a page; more requests of this group follow", "IHI 0070 8" },
  { 1, "page request", "the last of its group: CMD_PRI_RESP answers all of them", "IHI 0070 8" },
};

static const struct fault_words stop_marker = { 0, "Stop marker",
                                                "the device will not use this PASID any more",
                                                "IHI 0070 8" };

static const struct fault_words atos[] = {
  { ATOS_INTERNAL_ERR, "INTERNAL_ERR", "the translation was terminated", "IHI 0070 9.1.5" },
  { ATOS_INV_STAGE, "INV_STAGE", "the stream does not have the stage that was asked for",
    "IHI 0070 9.1.5" },
  { ATOS_INV_REQ, "INV_REQ", "the request is malformed", "IHI 0070 9.1.5" },
};

static const struct fault_words no_atos = { 0, "reserved", "no fault has this code",
                                            "IHI 0070 9.1.5" };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct fault_words *find(const struct fault_words *table, size_t count, unsigned code,
                                      const struct fault_words *otherwise)
{
  for (size_t i = 0; i < count; i++) {
    if (table[i].code == code)
      return &table[i];
  }
  return otherwise;
}

const struct fault_words *fault_of_event(unsigned type)
{
  return find(events, COUNT(events), type,
              type >= FIRST_IMPDEF && type <= LAST_IMPDEF ? &impdef_event : &no_event);
}

const struct fault_words *fault_of_command(unsigned error)
{
  return find(commands, COUNT(commands), error, &no_command);
}

const struct fault_words *fault_of_flag(const char *name)
{
  for (size_t i = 0; i < COUNT(flags); i++) {
    if (strcmp(flags[i].name, name) == 0)
      return &flags[i];
  }
  return NULL;
}

const struct fault_words *fault_of_page_request(bool ssv, bool last, bool w, bool r)
{
  return ssv && last && !w && !r ? &stop_marker : &page_requests[last];
}

/* Faults keep their event numbers; those that only ordinary or ATS traffic raises are reserved. */
const struct fault_words *fault_of_atos(unsigned code)
{
  switch (code) {
  case EVENT_F_UUT:
  case EVENT_F_BAD_ATS_TREQ:
  case EVENT_F_TRANSL_FORBIDDEN:
  case EVENT_E_PAGE_REQUEST: return &no_atos;
  default: return find(atos, COUNT(atos), code, find(events, COUNT(events), code, &no_atos));
  }
}
