/* Every litmus program by name, in the order of their list. */
#ifndef TESTS_LITMUS_RUN_NAMES_H
#define TESTS_LITMUS_RUN_NAMES_H

enum { PROGRAMS = 21 };

static const char *const names[PROGRAMS] = {
  "stale-fill",          "sync-drain",        "every-tbu",        "late-utlb-fill", "stale-config",
  "table-free",          "fault-before-sync", "vmid-tag",         "msi-order",      "nested-unmap",
  "nested-race",         "disable-drain",     "atc-inv",          "atc-too-early",  "broadcast",
  "broadcast-too-early", "stall-retry",       "stall-unrecorded", "flag-race",      "flag-cleared",
  "flag-unmap",
};

#endif
