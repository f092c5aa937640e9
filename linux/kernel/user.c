// SPDX-License-Identifier: GPL-2.0
/* What a call of user space hands to the kernel and gets back: it lies in memory of the same program, and
 * there is nobody to sleep. */
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "sim.h"

unsigned long _copy_from_user(void *to, const void __user *from, unsigned long bytes)
{
  memcpy(to, (const void __force *)from, bytes);
  return 0;
}

unsigned long _copy_to_user(void __user *to, const void *from, unsigned long bytes)
{
  memcpy((void __force *)to, from, bytes);
  return 0;
}

unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long bytes)
{
  return _copy_from_user(to, from, bytes);
}

unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long bytes)
{
  return _copy_to_user(to, from, bytes);
}

int check_zeroed_user(const void __user *from, size_t bytes)
{
  const char *at = (const void __force *)from;

  while (bytes && !*at++)
    bytes--;
  return bytes == 0;
}

int __wake_up(struct wait_queue_head *head, unsigned int mode, int most, void *key)
{
  return 0;
}
