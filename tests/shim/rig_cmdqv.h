/* CMDQV on the rig: a device with one, its VINTFs and queues programmed register by register.
 *
 *   rig_cmdqv(rig, 2, 4);              2 VINTFs, 4 VCMDQs, nothing enabled but CMDQV itself
 *   rig_vintf(rig, 1, 5, RIG_GUEST);   VINTF 1 with VMID 5
 *   rig_vcmdq(rig, 2, 1, 0);           VCMDQ 2 becomes LVCMDQ 0 of VINTF 1 and is enabled
 *   rig_vcmds(rig, 2, "TLBI_NH_ASID asid=7; SYNC");
 *
 * Queues are named by their own number and reached through the global pages, unless said. */
#ifndef SHIM_RIG_CMDQV_H
#define SHIM_RIG_CMDQV_H

#include "arch/cmdqv.h"
#include "shim/rig.h"

enum { RIG_GUEST = 0, RIG_HYP_OWN = 1 };

enum { RIG_VCMDQ_LOG2 = 4 }; /* log2 of the entries of a ring */

#define RIG_VCMDQ(vcmdq) (0x300000ULL + 0x1000ULL * (vcmdq))

/* A new device with the neutral configuration and caches, and this CMDQV. */
void rig_cmdqv(struct rig *rig, unsigned vintfs, unsigned vcmdqs);

/* Write CONFIG of a VINTF, as drivers do: all but ENABLE first. Reports a failure unless STATUS
 * then shows ENABLE_OK. */
void rig_vintf(struct rig *rig, unsigned vintf, unsigned vmid, unsigned hyp_own);
/* Allocate, program an empty ring of 2^RIG_VCMDQ_LOG2 entries at RIG_VCMDQ(), enable. Expects
 * CMDQ_EN_OK. */
void rig_vcmdq(struct rig *rig, unsigned vcmdq, unsigned vintf, unsigned lvcmdq);
/* The parts: the value of CMDQ_ALLOC_MAP, and everything but CONFIG.CMDQ_EN. */
uint32_t rig_alloc_map(unsigned vintf, unsigned lvcmdq);
void rig_allocate(struct rig *rig, unsigned vcmdq, unsigned vintf, unsigned lvcmdq);
void rig_vring(struct rig *rig, unsigned vcmdq);

/* 32-bit registers: of the first page, of a VINTF, of a queue's page 0. */
uint32_t rig_creg(struct rig *rig, uint64_t offset);
void rig_set_creg(struct rig *rig, uint64_t offset, uint32_t value);
uint32_t rig_vintf_reg(struct rig *rig, unsigned vintf, uint64_t offset);
void rig_set_vintf_reg(struct rig *rig, unsigned vintf, uint64_t offset, uint32_t value);
uint32_t rig_vreg(struct rig *rig, unsigned vcmdq, uint64_t offset);
void rig_set_vreg(struct rig *rig, unsigned vcmdq, uint64_t offset, uint32_t value);
/* The same without letting the device move. */
void rig_poke_cmdqv(struct rig *rig, uint64_t offset, uint32_t value);

/* As rig_put_cmd(), rig_push() and rig_cmds(), for a VCMDQ. */
void rig_put_vcmd(struct rig *rig, unsigned vcmdq, unsigned slot, const char *text);
unsigned rig_vpush(struct rig *rig, unsigned vcmdq, const char *text);
void rig_vcmds(struct rig *rig, unsigned vcmdq, const char *text);
/* Two words into a slot, whatever they are. */
void rig_put_words(struct rig *rig, unsigned vcmdq, unsigned slot, uint64_t word0, uint64_t word1);

/* GERRORN := GERROR. */
void rig_vack(struct rig *rig, unsigned vcmdq);

#endif
