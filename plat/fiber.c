/* Fibers on Boost.Context, which is called from C here and known nowhere else.
 * A stack is a mapping of its own with a page below it that cannot be touched. Builds with the
 * address sanitizer tell it about every switch. */
#include "plat/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include "util/check.h"

/* boost/context/detail/fcontext.hpp, whose names have C linkage: what a context hands over, and to
 * whom. make_fcontext() takes the high end of the stack. */
struct transfer {
  void *context;
  void *data;
};
void *make_fcontext(void *top, size_t bytes, void (*entry)(struct transfer from));
struct transfer jump_fcontext(void *context, void *data);

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifndef ASAN
#define ASAN 0
#endif

#if ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define NO_ASAN __attribute__((no_sanitize_address))
#endif

/* `from` is about to leave its stack. */
static inline void announce(struct fiber *from, const struct fiber *to)
{
#if ASAN
  __sanitizer_start_switch_fiber(&from->shadow, to->bottom, to->bytes);
#else
  (void)from;
  (void)to;
#endif
}

/* We are on `self`'s stack; t says who left for us and where that one goes on. */
static inline void arrive(struct fiber *self, struct transfer t)
{
  struct fiber *from = t.data;

  from->context = t.context;
  self->context = NULL;
#if ASAN
  __sanitizer_finish_switch_fiber(self->shadow, &from->bottom, &from->bytes);
#endif
}

static void enter(struct transfer t)
{
  struct fiber *self = ((struct fiber *)t.data)->to;

  arrive(self, t);
  self->entry(self->arg);
  CHECK(false); /* a fiber does not end */
}

bool fiber_create(struct fiber *f, size_t stack_bytes, void (*entry)(void *arg), void *arg)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t bytes = (stack_bytes + page - 1) / page * page;
  char *mapping = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

  if (mapping == MAP_FAILED)
    return false;
  if (mprotect(mapping, page, PROT_NONE) != 0) {
    munmap(mapping, bytes + page);
    return false;
  }
  *f = (struct fiber){ .mapping = mapping, .mapped = bytes + page, .entry = entry, .arg = arg };
  f->bottom = mapping + page;
  f->bytes = bytes;
  f->context = make_fcontext(mapping + page + bytes, bytes, enter);
  return true;
}

#if ASAN
/* Shadow frames can be released only by leaving their fiber for good, so say that we are on it and
 * leave; nothing here has frames the sanitizer knows. */
NO_ASAN static void release_shadow(struct fiber *f)
{
  void *own = NULL;
  const void *bottom;
  size_t bytes;

  if (!f->shadow)
    return;
  __sanitizer_start_switch_fiber(&own, f->bottom, f->bytes);
  __sanitizer_finish_switch_fiber(f->shadow, &bottom, &bytes);
  __sanitizer_start_switch_fiber(NULL, bottom, bytes);
  __sanitizer_finish_switch_fiber(own, NULL, NULL);
  f->shadow = NULL;
}
#endif

void fiber_destroy(struct fiber *f)
{
  if (!f->mapping)
    return;
#if ASAN
  release_shadow(f);
  /* The pages may come back as something else. */
  __asan_unpoison_memory_region(f->bottom, f->bytes);
#endif
  munmap(f->mapping, f->mapped);
  f->mapping = NULL;
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
  from->to = to;
  announce(from, to);
  arrive(from, jump_fcontext(to->context, from));
}
