// SPDX-License-Identifier: GPL-2.0
/* What the compiled files name and no path of a scenario reaches: memory
 * that is mapped twice, properties of firmware nodes. Whoever gets here stops the run and is named.
 * No header is included, so a name is all that is said here. */

void panic(const char *format, ...) __attribute__((noreturn));

#define ABSENT(name) \
  void name(void); \
  void name(void) \
  { \
    panic("%s() is not there on this board", #name); \
  }

/* Sleeping until something is so: who wants intervals of a process watched. */
ABSENT(finish_wait)
ABSENT(init_wait_entry)
ABSENT(prepare_to_wait_event)
ABSENT(schedule)

/* What a VMM may ask for, and ours does not. */
ABSENT(anon_inode_getfile)
ABSENT(fd_install)
ABSENT(fget)
ABSENT(__fput_sync)
ABSENT(folio_add_pins)
ABSENT(get_unused_fd_flags)
ABSENT(iommufd_vfio_ioas)
ABSENT(iommufd_vfio_ioctl)
ABSENT(kthread_unuse_mm)
ABSENT(kthread_use_mm)
ABSENT(memfd_pin_folios)
ABSENT(pin_user_pages_remote)
ABSENT(put_unused_fd)
ABSENT(schedule_timeout)
ABSENT(unpin_folios)

/* Memory that is mapped a second time, and lists of pieces. */
ABSENT(dma_common_find_pages)
ABSENT(dma_common_free_remap)
ABSENT(dma_common_pages_remap)
ABSENT(dma_map_sg_attrs)
ABSENT(dma_pgprot)
ABSENT(dma_unmap_sg_attrs)
ABSENT(remap_pfn_range)
ABSENT(sg_alloc_table)
ABSENT(sg_alloc_table_from_pages_segment)
ABSENT(sg_free_table)
ABSENT(sg_next)
ABSENT(split_page)
ABSENT(vm_map_pages)
ABSENT(vmalloc_to_page)
ABSENT(vmalloc_to_pfn)
ABSENT(vmap)

/* Names of firmware nodes, for messages. */
ABSENT(fwnode_count_parents)
ABSENT(fwnode_get_name)
ABSENT(fwnode_get_name_prefix)
ABSENT(fwnode_get_nth_parent)

/* No CPU comes or goes while a program runs. */
ABSENT(__cpuhp_remove_state)

/* Bounds of sections that nothing here lies in. */
char __start_rodata[1], __end_rodata[1], __lock_text_start[1], __lock_text_end[1];
