/* From a command's words to what it does. Pure: looks at features, never at state. */
#ifndef SMMU_CORE_CMD_EXEC_H
#define SMMU_CORE_CMD_EXEC_H

#include "core/core.h"

enum cmd_action {
  CMD_ACTION_ILLEGAL,    /* CERROR_ILL */
  CMD_ACTION_NOTHING,    /* consumed */
  CMD_ACTION_PREFETCH,   /* a hint: config.prefetch */
  CMD_ACTION_INVALIDATE, /* *inv filled */
  CMD_ACTION_SEND,       /* a message to an endpoint; ignored with SMMUEN = 0 */
  CMD_ACTION_STALL,      /* an answer to stalled transactions */
  CMD_ACTION_SYNC
};

enum cmd_action smmu_cmd_action(const struct smmu_features *f, const uint64_t words[2],
                                struct inval *inv);

#endif
