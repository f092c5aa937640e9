/* See symbol.h. With libdw, from elfutils, the DWARF of every file that is mapped is read when it is first
 * needed; files are this machine's own, nothing is fetched. It needs more stack than a simulated CPU
 * has, so it has one of its own. Without it, an address is said as module+offset, for addr2line. */
#include "watch/symbol.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INLINED_DEEP = 16, PATH_MOST = 512, STACK = 8 << 20 };

/* "smmulator+0x1f3a0": where in its file, which is the same in every run. */
static void name_address(uintptr_t address, char text[WATCH_PLACE_TEXT])
{
  Dl_info info;
  const char *name;

  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  if (!dladdr((const void *)address, &info) || !info.dli_fname || !info.dli_fbase) {
    snprintf(text, WATCH_PLACE_TEXT, "0x%" PRIxPTR, address);
    return;
  }
  name = strrchr(info.dli_fname, '/');
  snprintf(text, WATCH_PLACE_TEXT, "%.200s+0x%" PRIxPTR, name ? name + 1 : info.dli_fname,
           address - (uintptr_t)info.dli_fbase);
}

#if SMMU_HAVE_DW

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "plat/fiber.h"

struct symbols {
  struct fiber stack, caller;
  uintptr_t wanted;
  struct watch_frame *frames;
  unsigned room, found;
  Dwfl *dwfl; /* NULL: nothing can be read */
  char address[WATCH_PLACE_TEXT];
  char file[INLINED_DEEP][PATH_MOST];
};

static int find_no_debuginfo(Dwfl_Module *module, void **userdata, const char *name,
                             Dwarf_Addr base, const char *file, const char *link, GElf_Word crc,
                             char **found)
{
  (void)module;
  (void)userdata;
  (void)name;
  (void)base;
  (void)file;
  (void)link;
  (void)crc;
  (void)found;
  return -1;
}

static Dwfl *open_dwfl(void)
{
  static const Dwfl_Callbacks callbacks = { .find_elf = dwfl_linux_proc_find_elf,
                                            .find_debuginfo = find_no_debuginfo };
  Dwfl *dwfl = dwfl_begin(&callbacks);

  if (dwfl && dwfl_linux_proc_report(dwfl, getpid()) == 0 && dwfl_report_end(dwfl, NULL, NULL) == 0)
    return dwfl;
  if (dwfl)
    dwfl_end(dwfl);
  return NULL;
}

const char *symbols_lack(void)
{
  return NULL;
}

/* ---- files ---- */

/* What was unpacked of kernels, a folder each, or copied to be patched (cmake/Linux.cmake): the files are
 * named as in the kernel's own tree. */
#define LINUX_DIR SMMU_SOURCE_DIR "/build/linux-source"

/* Take "." and ".." out of an absolute path, in place. */
static void make_plain(char *path)
{
  char *to = path;

  for (const char *from = path; *from;) {
    size_t len;

    from += strspn(from, "/");
    len = strcspn(from, "/");
    if (len == 2 && memcmp(from, "..", 2) == 0) {
      while (to > path && *--to != '/')
        continue;
    } else if (len > 0 && !(len == 1 && *from == '.')) {
      *to++ = '/';
      memmove(to, from, len);
      to += len;
    }
    from += len;
  }
  *to = '\0';
}

static const char *beneath(const char *path, const char *folder)
{
  size_t len = folder ? strlen(folder) : 0;

  return len && strncmp(path, folder, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

static const char *in_kernel(const char *path)
{
  const char *rest = beneath(path, LINUX_DIR), *src = rest ? strchr(rest, '/') : NULL;

  return src ? beneath(src, "/src") : NULL;
}

/* As from the top of the source tree. What climbs out of the folder that its unit was compiled in is
 * counted from this build's folder: a compiler cache hands over what was compiled in another. */
static void shorten(const char *path, Dwarf_Die *unit, char text[PATH_MOST])
{
  Dwarf_Attribute attr;
  const char *in = dwarf_formstring(dwarf_attr_integrate(unit, DW_AT_comp_dir, &attr));
  const char *rest = *path == '/' ? beneath(path, in) : path;
  char full[2 * PATH_MOST];

  if (rest && (rest == path || strncmp(rest, "../", 3) == 0))
    snprintf(full, sizeof full, "%s/%.*s", SMMU_BUILD_DIR, PATH_MOST, rest);
  else
    snprintf(full, sizeof full, "%.*s", PATH_MOST, path);
  make_plain(full);
  /* Headers are included by way of BUILD/inc/LAYER/LAYER (cmake/Layers.cmake). */
  rest = beneath(full, SMMU_BUILD_DIR "/inc");
  rest = rest && strchr(rest, '/') ? strchr(rest, '/') + 1 : in_kernel(full);
  if (!rest)
    rest = beneath(full, SMMU_BUILD_DIR "/linux/faulty");
  if (!rest)
    rest = beneath(full, SMMU_SOURCE_DIR);
  snprintf(text, PATH_MOST, "%.*s", PATH_MOST - 1, rest ? rest : full);
}

/* ---- frames ---- */

static Dwarf_Die *unit_of(const struct symbols *s, Dwarf_Addr at, Dwarf_Addr *bias)
{
  Dwfl_Module *module = dwfl_addrmodule(s->dwfl, at);
  Dwarf_Die *unit = module ? dwfl_module_addrdie(module, at, bias) : NULL;

  if (unit || !module)
    return unit;
  /* Some compilers write no table from addresses to units. */
  while ((unit = dwfl_module_nextcu(module, unit, bias)) != NULL) {
    if (dwarf_haspc(unit, at - *bias) == 1)
      return unit;
  }
  return NULL;
}

/* Is `at` in this entry? Those that only group others have no addresses. */
static bool holds(Dwarf_Die *die, Dwarf_Addr at)
{
  int tag = dwarf_tag(die);

  if (tag == DW_TAG_namespace || tag == DW_TAG_module)
    return true;
  return (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine ||
          tag == DW_TAG_lexical_block) &&
         dwarf_haspc(die, at) == 1;
}

/* The functions around an address, the outermost first; how many. dwarf_getscopes() finds none where an
 * inlined function is described in another unit, as after link-time optimisation. */
static unsigned functions_at(Dwarf_Die *die, Dwarf_Addr at, Dwarf_Die *functions, unsigned n)
{
  Dwarf_Die child;

  if (dwarf_child(die, &child) != 0)
    return n;
  do {
    unsigned inside = n;

    if (!holds(&child, at))
      continue;
    if (dwarf_haspc(&child, at) == 1 && dwarf_tag(&child) != DW_TAG_lexical_block)
      functions[inside++] = child;
    if (inside < INLINED_DEEP)
      inside = functions_at(&child, at, functions, inside);
    if (inside > n)
      return inside;
  } while (dwarf_siblingof(&child, &child) == 0);
  return n;
}

static unsigned number_of(Dwarf_Die *die, unsigned name)
{
  Dwarf_Attribute attr;
  Dwarf_Word value;

  return dwarf_formudata(dwarf_attr(die, name, &attr), &value) == 0 ? (unsigned)value : 0;
}

static const char *caller_file(Dwarf_Die *inlined, Dwarf_Die *unit)
{
  Dwarf_Files *files;
  size_t count, n = number_of(inlined, DW_AT_call_file);

  return dwarf_getsrcfiles(unit, &files, &count) == 0 && n < count
           ? dwarf_filesrc(files, n, NULL, NULL)
           : NULL;
}

static unsigned put_frames(struct symbols *s, Dwarf_Die *unit, Dwarf_Addr at,
                           struct watch_frame *frames, unsigned room)
{
  Dwarf_Die functions[INLINED_DEEP];
  Dwarf_Line *row = dwarf_getsrc_die(unit, at);
  const char *file = row ? dwarf_linesrc(row, NULL, NULL) : NULL;
  unsigned n = 0;
  int line = 0;

  if (row)
    (void)dwarf_lineno(row, &line);
  for (unsigned i = functions_at(unit, at, functions, 0); i > 0 && n < room; i--, n++) {
    const char *name = dwarf_diename(&functions[i - 1]);

    s->file[n][0] = '\0';
    if (file)
      shorten(file, unit, s->file[n]);
    frames[n] = (struct watch_frame){ name ? name : "?", s->file[n], (uint32_t)line };
    file = caller_file(&functions[i - 1], unit);
    line = (int)number_of(&functions[i - 1], DW_AT_call_line);
  }
  return n;
}

/* A return address may be the first one of the next function; the call lies before it. */
static unsigned find(struct symbols *s)
{
  Dwarf_Addr bias = 0, at = s->wanted - 1;
  Dwarf_Die *unit = s->dwfl ? unit_of(s, at, &bias) : NULL;
  unsigned n = unit ? put_frames(s, unit, at - bias, s->frames, s->room) : 0;

  if (n == 0) {
    name_address(s->wanted, s->address);
    s->frames[n++] = (struct watch_frame){ s->address, "", 0 };
  }
  return n;
}

/* On the stack of its own. */
static void serve(void *arg)
{
  struct symbols *s = arg;

  s->dwfl = open_dwfl();
  for (;;) {
    s->found = find(s);
    fiber_switch(&s->stack, &s->caller);
  }
}

struct symbols *symbols_open(void)
{
  struct symbols *s = calloc(1, sizeof *s);

  if (s && fiber_create(&s->stack, STACK, serve, s))
    return s;
  free(s);
  return NULL;
}

void symbols_close(struct symbols *s)
{
  if (!s)
    return;
  fiber_destroy(&s->stack);
  if (s->dwfl)
    dwfl_end(s->dwfl);
  free(s);
}

unsigned symbols_find(struct symbols *s, uintptr_t address, struct watch_frame *frames,
                      unsigned room)
{
  if (!s || room == 0)
    return 0;
  s->wanted = address;
  s->frames = frames;
  s->room = room;
  s->caller = (struct fiber){ 0 };
  fiber_switch(&s->caller, &s->stack);
  return s->found;
}

#else

struct symbols {
  char address[WATCH_PLACE_TEXT];
};

struct symbols *symbols_open(void)
{
  return calloc(1, sizeof(struct symbols));
}

void symbols_close(struct symbols *s)
{
  free(s);
}

const char *symbols_lack(void)
{
  return "built without libdw: addresses of the program stand for functions and lines";
}

unsigned symbols_find(struct symbols *s, uintptr_t address, struct watch_frame *frames,
                      unsigned room)
{
  if (!s || room == 0)
    return 0;
  name_address(address, s->address);
  frames[0] = (struct watch_frame){ s->address, "", 0 };
  return 1;
}

#endif
