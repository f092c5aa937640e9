/* Commands as text and back. IHI 0070: chapter 4.
 * One command is `NAME field=value ...`: `TLBI_NH_VA asid=7 va=0x1000 leaf=1`, `SYNC`,
 * `CFGI_ALL`. Names and fields in any case, CMD_ in front allowed. Fields left out are 0. `va`,
 * `ipa`, `addr` all name the field ADDR and take the address itself. dw0= and dw1= set further
 * bits of a word, so any 128 bits can be written: `OP_0x99 dw1=0x5`. */
#ifndef SMMU_ARCH_CMD_H
#define SMMU_ARCH_CMD_H

#include <stddef.h>
#include <stdint.h>

/* The name of an opcode without CMD_, or NULL when it is reserved on a Non-secure queue. */
const char *smmu_cmd_name(uint8_t opcode);

/* The bits of a command that some field has; the others are reserved. None: there is no such command.
 * IHI 0070 4.1.5. */
void smmu_cmd_fields(uint8_t opcode, uint64_t mask[2]);

/* Assembles one command. Returns 0, or SMMU_ERR_FORMAT with one sentence in why[0 .. why_size - 1]:
 * the column, what was found, what was expected. */
int smmu_cmd_assemble(const char *text, uint64_t words[2], char *why, size_t why_size);

/* Assembles commands separated by ';' or line ends and hands each to `each`. Empty ones are
 * skipped. Stops at the first error, or when `each` returns anything but 0, which is then
 * returned. */
int smmu_cmd_assemble_list(const char *text, int (*each)(void *arg, const uint64_t words[2]),
                           void *arg, char *why, size_t why_size);

/* Disassembles any two words to text that assembles to the same two words. Fields that are 0 are
 * left out. Writes at most size bytes, the last one 0; returns the length of the whole text. */
size_t smmu_cmd_print(const uint64_t words[2], char *text, size_t size);

/* Room for every text that smmu_cmd_print can write. */
enum { SMMU_CMD_TEXT_MAX = 256 };

#endif
