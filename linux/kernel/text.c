// SPDX-License-Identifier: GPL-2.0
/* What the kernel says: each message becomes a line of the board's log, with its level. */
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string_helpers.h>
#include <linux/trace_events.h>

#include "sim.h"

enum { LINE_BYTES = 512 };

/* Level 4 where the message does not say; a "continued" message is a line of its own. */
static void say(int level, char *text)
{
  size_t length;

  if (text[0] == KERN_SOH_ASCII && text[1]) {
    if (text[1] >= '0' && text[1] <= '7')
      level = text[1] - '0';
    text += 2;
  }
  length = strlen(text);
  while (length && text[length - 1] == '\n')
    text[--length] = '\0';
  lx_log(level, text);
}

static void say_formatted(int level, const char *format, va_list args)
{
  char text[LINE_BYTES];

  vsnprintf(text, sizeof(text), format, args);
  say(level, text);
}

int _printk(const char *format, ...)
{
  va_list args;

  va_start(args, format);
  say_formatted(4, format, args);
  va_end(args);
  return 0;
}

const char *dev_driver_string(const struct device *dev)
{
  return dev->driver ? dev->driver->name : dev->bus ? dev->bus->name : "";
}

static void say_of_device(int level, const struct device *dev, const char *format, va_list args)
{
  struct va_format message = { .fmt = format };
  char text[LINE_BYTES];
  va_list copy;

  va_copy(copy, args);
  message.va = &copy;
  if (dev)
    snprintf(text, sizeof(text), "%s %s: %pV", dev_driver_string(dev), dev_name(dev), &message);
  else
    snprintf(text, sizeof(text), "(NULL device *): %pV", &message);
  va_end(copy);
  say(level, text);
}

#define DEVICE_SAYS(name, level) \
  void name(const struct device *dev, const char *format, ...) \
  { \
    va_list args; \
\
    va_start(args, format); \
    say_of_device(level, dev, format, args); \
    va_end(args); \
  }

DEVICE_SAYS(_dev_err, 3)
DEVICE_SAYS(_dev_warn, 4)
DEVICE_SAYS(_dev_notice, 5)
DEVICE_SAYS(_dev_info, 6)

void warn_slowpath_fmt(const char *file, const int line, unsigned int taint, const char *format,
                       ...)
{
  char text[LINE_BYTES], why[LINE_BYTES] = "";
  va_list args;

  if (format) {
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
  }
  snprintf(text, sizeof(text), "WARNING: %s:%d %s", file, line, why);
  say(3, text);
}

void panic(const char *format, ...)
{
  char text[LINE_BYTES];
  va_list args;

  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  lx_die(text);
}

void dump_stack_lvl(const char *level) {}

void dump_stack(void) {}

/* A simulated second is short: nothing is held back. */
int ___ratelimit(struct ratelimit_state *state, const char *caller)
{
  return 1;
}

/* Parameters of modules have their defaults. */
const struct kernel_param_ops param_ops_bool;

/* ---- what formats of the kernel's own kinds ask for ---- */

const struct trace_print_flags pageflag_names[] = { { 0, NULL } };
const struct trace_print_flags gfpflag_names[] = { { 0, NULL } };
const struct trace_print_flags vmaflag_names[] = { { 0, NULL } };

int string_escape_mem(const char *from, size_t bytes, char *to, size_t room, unsigned int flags,
                      const char *only)
{
  size_t n = bytes < room ? bytes : room;

  memcpy(to, from, n);
  return (int)bytes;
}

char *skip_spaces(const char *text)
{
  while (*text == ' ' || *text == '\t' || *text == '\n')
    text++;
  return (char *)text;
}

char *strreplace(char *text, char old, char new)
{
  for (char *at = text; *at; at++) {
    if (*at == old)
      *at = new;
  }
  return text;
}

void get_random_bytes(void *to, size_t bytes)
{
  memset(to, 0x5a, bytes);
}

u32 __get_random_u32_below(u32 ceiling)
{
  return 0x5a5a5a5a % ceiling;
}

int execute_with_initialized_rng(struct notifier_block *nb)
{
  return nb->notifier_call(nb, 0, NULL);
}
