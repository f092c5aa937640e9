/* What events, command errors, global errors and failed address translation operations mean, in
 * words, with the section that says so. */
#ifndef SMMU_TOOLS_FAULT_WORDS_H
#define SMMU_TOOLS_FAULT_WORDS_H

#include <stdbool.h>

struct fault_words {
  unsigned code;
  const char *name, *text, *section;
};

/* Of an event number; never NULL: reserved and IMPLEMENTATION DEFINED numbers have words too.
 * IHI 0070 7.3. */
const struct fault_words *fault_of_event(unsigned type);

/* Of ERR in CMDQ_CONS, ERR_REASON in ECMDQ_CONS and ERR in VCMDQ_CONS_INDX; never NULL.
 * IHI 0070 7.1. */
const struct fault_words *fault_of_command(unsigned error);

/* Of a flag of GERROR or VCMDQ_GERROR by its name; NULL when there is none. IHI 0070 7.5. */
const struct fault_words *fault_of_flag(const char *name);

/* Of an entry of the PRI queue; never NULL. IHI 0070 8. */
const struct fault_words *fault_of_page_request(bool ssv, bool last, bool w, bool r);

/* Of FAULTCODE in GATOS_PAR and VATOS_PAR; never NULL. IHI 0070 9.1.5. */
const struct fault_words *fault_of_atos(unsigned code);

#endif
