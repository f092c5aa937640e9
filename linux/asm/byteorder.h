/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_BYTEORDER_H
#define SIM_ASM_BYTEORDER_H
#include <linux/byteorder/little_endian.h>
#endif
