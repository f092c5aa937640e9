/* A guest as small as can be, for vsmmu: memory, a first stage and rings that a program writes as a guest's driver
 * would. Places (`at`) are offsets in its memory. */
#ifndef LINUX_WORLD_VSMMU_GUEST_H
#define LINUX_WORLD_VSMMU_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "plat/plat.h"

enum {
  VSMMU_RAM = 0x80000, /* bytes of its memory */
  VSMMU_PAGE = 0x1000,
  VSMMU_RING = 0x1000, /* bytes of a ring of commands */
  VSMMU_COMMANDS = VSMMU_RING / 16,
  VSMMU_QUEUES = 2
};
/* Where its memory is in its own addresses. */
#define VSMMU_IPA 0x40000000ULL

struct vsmmu_guest {
  const struct plat *plat;
  uint64_t ram;   /* its memory, in ours */
  uint64_t page0; /* of its VINTF; 0: none */
  uint32_t prod[VSMMU_QUEUES];
};

uint64_t vsmmu_ipa(uint64_t at);
/* Of a page for data, of a ring. */
uint64_t vsmmu_page(unsigned number);
uint64_t vsmmu_ring(unsigned index);

/* Tables that lead to the 2 MB around va, a CD, and the first two words of an STE. */
void vsmmu_begin(const struct vsmmu_guest *g, uint16_t asid, uint64_t va, uint64_t ste[2]);
/* One page; va is in these 2 MB. */
void vsmmu_map(const struct vsmmu_guest *g, uint64_t va, uint64_t at);
void vsmmu_unmap(const struct vsmmu_guest *g, uint64_t va);
void vsmmu_write_cd(const struct vsmmu_guest *g, uint16_t asid);
void vsmmu_clear_cd(const struct vsmmu_guest *g);

/* false: the queue was not enabled, or did not consume all. */
bool vsmmu_queue_enable(const struct vsmmu_guest *g, unsigned index);
bool vsmmu_submit(struct vsmmu_guest *g, unsigned index, const uint64_t *commands, unsigned count);

void vsmmu_tlbi_va(uint64_t words[2], uint16_t asid, uint64_t va);
void vsmmu_tlbi_asid(uint64_t words[2], uint16_t asid);
void vsmmu_cfgi_cd(uint64_t words[2], uint32_t sid);

#endif
