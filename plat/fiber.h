/* Fibers: functions with a stack of their own that hand control to one another.
 * A fiber is entered at its first switch and never ends: whoever owns it stops switching to it and
 * destroys it. The fiber that stands for the caller's own stack is a struct of zeros. */
#ifndef PLAT_FIBER_H
#define PLAT_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct fiber {
  void *context; /* where it goes on; NULL while it runs */
  void *mapping; /* guard page and stack; NULL for the caller's own stack */
  size_t mapped;
  struct fiber *to; /* whom it switched to */
  void (*entry)(void *arg);
  void *arg;
  /* For the address sanitizer: bounds of the stack, and its shadow frames while switched away. */
  const void *bottom;
  size_t bytes;
  void *shadow;
};

/* False when there is no memory for a stack. entry(arg) must not return. */
bool fiber_create(struct fiber *f, size_t stack_bytes, void (*entry)(void *arg), void *arg);
/* f does not run. What its functions own is not released. */
void fiber_destroy(struct fiber *f);
/* Leave `from`, which runs now, for `to`; returns when somebody switches back to `from`. */
void fiber_switch(struct fiber *from, struct fiber *to);

#endif
