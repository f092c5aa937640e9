/* VMSAv8-64 translation tables: where the next descriptor lies and what it means.
 * Pure functions on words. IHI 0070 3.4 (address sizes), 5.2 and 5.4 (DS), Arm ARM D8 (descriptor
 * formats); granules 4 KB, 16 KB and 64 KB, output addresses of 48 and 52 bits. Left out: VMSAv8-32,
 * VMSAv9-128. */
#ifndef SMMU_ARCH_DESC_H
#define SMMU_ARCH_DESC_H

#include <stdbool.h>
#include <stdint.h>

/* Shape of one translation table: fixed once the STE or CD is decoded. */
struct smmu_geometry {
  uint8_t granule_log2; /* 12, 14 or 16 */
  int8_t start_level;   /* -1..3 */
  uint8_t ia_bits;      /* input address bits */
  uint8_t oa_bits;      /* output address bits that are legal */
  uint8_t format;       /* enum smmu_oa_format */
  uint8_t big_endian;   /* descriptors are stored big-endian (CD.ENDI, STE.S2ENDI) */
  uint8_t pad[2];
};

/* Where a descriptor keeps the address bits above 47. */
enum smmu_oa_format {
  SMMU_OA_48 = 0, /* it has none */
  SMMU_OA_64K,    /* 64 KB granule, 52-bit: [15:12] are [51:48] */
  SMMU_OA_DS      /* 4 KB and 16 KB granule with DS: [9:8] are [51:50], [49:48] stay */
};

enum smmu_desc_kind { SMMU_DESC_INVALID, SMMU_DESC_TABLE, SMMU_DESC_LEAF };

/* Permissions by who asks: bits of a stage 1 or combined mapping. */
#define SMMU_USER_R 0x01u
#define SMMU_USER_W 0x02u
#define SMMU_USER_X 0x04u
#define SMMU_PRIV_R 0x10u
#define SMMU_PRIV_W 0x20u
#define SMMU_PRIV_X 0x40u

/* Limits that table descriptors put on everything below them (hierarchical attributes). */
#define SMMU_TABLE_NO_USER  0x1u /* APTable[0] */
#define SMMU_TABLE_NO_WRITE 0x2u /* APTable[1] */
#define SMMU_TABLE_PXN      0x4u
#define SMMU_TABLE_UXN      0x8u

/* Bits of input address below a descriptor of this level, i.e. log2 of the bytes it covers. */
static inline unsigned smmu_level_shift(unsigned granule_log2, int level)
{
  return granule_log2 + (granule_log2 - 3) * (unsigned)(3 - level);
}

/* Start level and legality of a stage 1 table with TxSZ; the caller has checked the range of TxSZ.
 */
int smmu_stage1_start_level(unsigned granule_log2, unsigned ia_bits);
/* Start level named by {S2SL0_2, S2SL0} for a granule, with or without DS; false for reserved
 * encodings. */
bool smmu_stage2_start_level(unsigned granule_log2, bool ds, unsigned s2sl, int *level);
/* Does a stage 2 table of ia_bits starting at level fit into at most 16 concatenated tables? */
bool smmu_stage2_start_fits(unsigned granule_log2, unsigned ia_bits, int level);

/* Where descriptors of a table keep their address: ds counts for 4 KB and 16 KB granules. */
enum smmu_oa_format smmu_oa_format(unsigned granule_log2, bool ds, unsigned oas);
/* Output bits that are legal: IPS or S2PS, at most OAS, and at most 48 where descriptors have no
 * more. IHI 0070 5.2 (S2PS), 5.4 (IPS). */
unsigned smmu_oa_bits(unsigned ps, unsigned oas, unsigned format);

/* log2 of the bytes of the table at the start level (concatenated tables included). */
unsigned smmu_start_table_log2(const struct smmu_geometry *g);
/* log2 of what its base is aligned to; ps: effective IPS or S2PS. IHI 0070 5.2 (S2TTB), 5.4 (TTB0).
 */
unsigned smmu_table_align_log2(const struct smmu_geometry *g, unsigned ps);

/* Address of the descriptor for input address ia in the table of this level. */
static inline uint64_t smmu_desc_addr(const struct smmu_geometry *g, uint64_t table, int level,
                                      uint64_t ia)
{
  unsigned shift = smmu_level_shift(g->granule_log2, level);
  unsigned top = level == g->start_level ? g->ia_bits : shift + g->granule_log2 - 3;
  uint64_t index = (ia >> shift) & ((1ULL << (top - shift)) - 1);

  return table | (index << 3);
}

/* Kind of a descriptor at a level. Blocks: 4 KB at 1 and 2, 16 KB and 64 KB at 2; each one level
 * higher as well where descriptors have 52 address bits. */
enum smmu_desc_kind smmu_desc_kind(uint64_t desc, int level, const struct smmu_geometry *g);
/* Next table address, or output address of a leaf. */
static inline uint64_t smmu_desc_out(uint64_t desc, const struct smmu_geometry *g, unsigned low_bit)
{
  uint64_t out = desc & ((1ULL << 48) - 1) & ~((1ULL << low_bit) - 1);

  if (g->format == SMMU_OA_48)
    return out;
  if (g->format == SMMU_OA_64K)
    return out | (desc & 0xf000) << 36;
  return out | (desc & 3ULL << 48) | (desc & 0x300) << 42;
}

/* Shareability of a leaf: with DS the bits hold an address, and sh of the configuration counts. */
static inline unsigned smmu_desc_sh(uint64_t desc, const struct smmu_geometry *g, unsigned sh)
{
  return g->format == SMMU_OA_DS ? sh : (unsigned)(desc >> 8) & 3;
}

/* log2 of what a leaf may be cached for: its own span, or with the contiguous hint that of its group,
 * as far as the group lies in the table and in and out agree about the place in it. */
unsigned smmu_desc_group_log2(uint64_t desc, int level, const struct smmu_geometry *g, uint64_t in,
                              uint64_t out);
/* A block that must not be cached beside smaller entries: nT. IHI 0070 3.21.1.2. */
static inline bool smmu_desc_nt(uint64_t desc, int level)
{
  return level < 3 && (desc >> 16 & 1);
}

/* SMMU_TABLE_* of a stage 1 table descriptor. */
unsigned smmu_desc_table_limits(uint64_t desc);

/* What a stage 1 leaf allows. one_range: EL2 without E2H (no unprivileged side). IHI 0070 3.3.4;
 * Arm ARM D8.4. */
struct smmu_s1_policy {
  bool one_range, wxn, pan, epan;
};
unsigned smmu_s1_perm(uint64_t desc, unsigned limits, const struct smmu_s1_policy *p);
/* What a stage 2 leaf allows, in the same bits. xnx: IDR3.XNX. */
unsigned smmu_s2_perm(uint64_t desc, bool xnx);

/* The bit a transaction needs: R, W, X of the unprivileged or the privileged side. A write is never
 * an instruction fetch. */
static inline unsigned smmu_access_bit(bool write, bool instruction, bool privileged)
{
  return 1u << ((unsigned)write | (unsigned)(instruction & !write) << 1 |
                (unsigned)privileged << 2);
}

static inline bool smmu_desc_af(uint64_t desc)
{
  return (desc >> 10) & 1;
}

static inline bool smmu_desc_ng(uint64_t desc)
{
  return (desc >> 11) & 1;
}

#endif
