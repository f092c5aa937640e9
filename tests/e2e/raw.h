/* A guest without a driver: registers, rings and tables written one by one, for what a driver never
 * does.
 *
 *   static void program(struct raw *raw) { raw_up(raw); raw_cmds(raw, "TLBI_NH_ALL; SYNC"); ... }
 *   raw_run(e2e, 0, program);              on vCPU 0 of VM 0 */
#ifndef TESTS_E2E_RAW_H
#define TESTS_E2E_RAW_H

#include "arch/cmdqv.h"
#include "arch/regs.h"
#include "arch/structs.h"
#include "e2e.h"

enum { RAW_LOG2 = 8, RAW_STRTAB_LOG2 = 9 };

struct raw {
  struct e2e *e2e;
  unsigned vm;
  const struct plat *p;
  uint64_t cmdq, eventq, strtab; /* guest addresses */
  uint32_t put;                  /* commands put into the ring so far */
  unsigned irqs[SMMU_SIGNAL_COUNT];
};

void raw_run(struct e2e *e2e, unsigned vm, void (*program)(struct raw *raw));

/* The same from a program on another CPU, which waits for it. */
void raw_run_beside(struct e2e *e2e, unsigned vm, void (*program)(struct raw *raw));

/* Register access by name of the offset; 64-bit registers as wholes. */
uint64_t raw_reg(struct raw *raw, uint64_t offset);
void raw_set(struct raw *raw, uint64_t offset, uint64_t value);
/* CMDQV register, 32 bits. */
uint32_t raw_cmdqv(struct raw *raw, uint64_t offset);
void raw_set_cmdqv(struct raw *raw, uint64_t offset, uint32_t value);
void raw_set_cmdqv64(struct raw *raw, uint64_t offset, uint64_t value);

/* Command queue and event queue of 2^RAW_LOG2 entries, a linear Stream table of 2^RAW_STRTAB_LOG2
 * STEs with V = 0, interrupts counted, everything on. */
void raw_up(struct raw *raw);
void raw_irqs(struct raw *raw);
/* An STE of two words that matter. */
void raw_ste(struct raw *raw, uint32_t sid, uint64_t word0, uint64_t word1);
/* Put commands into the ring; ring the bell. */
void raw_put(struct raw *raw, const char *text);
void raw_ring(struct raw *raw);
void raw_cmds(struct raw *raw, const char *text);
/* CONS as a count of commands since raw_up(). */
uint32_t raw_consumed(struct raw *raw);
unsigned raw_error(struct raw *raw);
bool raw_has_error(struct raw *raw);
void raw_acknowledge(struct raw *raw);
/* Time for interrupts to arrive. */
void raw_wait(struct raw *raw);

enum { RAW_STE_V = 1, RAW_STE_ABORT = 0, RAW_STE_BYPASS = 4 << 1, RAW_STE_S1 = 5 << 1 };

#define RAW_TEST(suite, name) \
  static void raw_body_##suite##_##name(struct raw *raw); \
  E2E_TEST(suite, name) \
  { \
    e2e_make(e2e); \
    raw_run(e2e, 0, raw_body_##suite##_##name); \
  } \
  static void raw_body_##suite##_##name(struct raw *raw)

#endif
