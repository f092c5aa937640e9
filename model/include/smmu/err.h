/* Misuse of the API and bad configuration.
 * Three kinds of failure never mix here: what the architecture defines is data (a fault, an event,
 * a CERROR); what the bus answers is enum smmu_bus in a reply; what the caller did wrong is enum
 * smmu_err, always negative. */
#ifndef SMMU_ERR_H
#define SMMU_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

#define SMMU_ERR_LIST(X) \
  X(BADCFG, 1, "the configuration contradicts itself") \
  X(NOSLOT, 2, "no free transaction slot") \
  X(BADARG, 3, "an argument is outside its documented range") \
  X(NOMEM, 4, "out of memory") \
  X(IO, 5, "a file could not be read or written") \
  X(FORMAT, 6, "the input does not have the expected format") \
  X(EMPTY, 7, "the input holds nothing that could be used") \
  X(LIMIT, 8, "a bound given by the caller was reached") \
  X(DEADLOCK, 9, "everybody waits and nothing will wake them")

enum smmu_err {
  SMMU_OK = 0,
#define X(name, number, text) SMMU_ERR_##name = -(number),
  SMMU_ERR_LIST(X)
#undef X
};

/* One sentence for an error; "no error" for 0, "unknown error" for anything else. Static storage.
 */
const char *smmu_err_text(int err);
/* The enumerator's name without prefix, e.g. "BADCFG". Static storage. */
const char *smmu_err_name(int err);

#ifdef __cplusplus
}
#endif
#endif
