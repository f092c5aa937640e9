/* Event records from and to plain values, generated from event.def: a case for each type, a line
 * for each field. IHI 0070: 7.3. Left out: which event a fault raises (core), IMPLEMENTATION
 * DEFINED records. */
#include "arch/event.h"

#include <string.h>

#include "arch/fields.h"
#include "arch/structs.h"
#include "arch/text.h"

/* Where a field of a record lives in struct smmu_event: VALUE_x is its value. An address
 * field holds the bits from lo upwards, so its value is the address shifted down by lo mod 64. */
#define VALUE_Type(e, lo)      (e)->type
#define VALUE_SSV(e, lo)       (e)->ssv
#define VALUE_SSID(e, lo)      (e)->ssid
#define VALUE_SID(e, lo)       (e)->sid
#define VALUE_STAG(e, lo)      (e)->stag
#define VALUE_Stall(e, lo)     (e)->stall
#define VALUE_PnU(e, lo)       (e)->pnu
#define VALUE_InD(e, lo)       (e)->ind
#define VALUE_RnW(e, lo)       (e)->rnw
#define VALUE_NSIPA(e, lo)     (e)->nsipa
#define VALUE_S2(e, lo)        (e)->s2
#define VALUE_CLASS(e, lo)     (e)->clss
#define VALUE_TTRnW(e, lo)     (e)->ttrnw
#define VALUE_Reason(e, lo)    (e)->reason
#define VALUE_InputAddr(e, lo) (e)->input_addr >> ((lo) % 64)
#define VALUE_IPA(e, lo)       (e)->ipa >> ((lo) % 64)
#define VALUE_FetchAddr(e, lo) (e)->fetch_addr >> ((lo) % 64)
#define VALUE_GPCF(e, lo)      (e)->gpcf
#define VALUE_Span(e, lo)      (e)->span
#define VALUE_PRIV(e, lo)      ((e)->perm & SMMU_PERM_PRIV) != 0
#define VALUE_R(e, lo)         ((e)->perm & SMMU_PERM_R) != 0
#define VALUE_W(e, lo)         ((e)->perm & SMMU_PERM_W) != 0
#define VALUE_X(e, lo)         ((e)->perm & SMMU_PERM_X) != 0
#define VALUE_uR(e, lo)        VALUE_R(e, lo)
#define VALUE_uW(e, lo)        VALUE_W(e, lo)
#define VALUE_uX(e, lo)        VALUE_X(e, lo)
#define VALUE_pR(e, lo)        ((e)->perm_priv & SMMU_PERM_R) != 0
#define VALUE_pW(e, lo)        ((e)->perm_priv & SMMU_PERM_W) != 0
#define VALUE_pX(e, lo)        ((e)->perm_priv & SMMU_PERM_X) != 0

#define STORE_Type(e, lo, v)      (e)->type = (uint8_t)(v)
#define STORE_SSV(e, lo, v)       (e)->ssv = (v) != 0
#define STORE_SSID(e, lo, v)      (e)->ssid = (uint32_t)(v)
#define STORE_SID(e, lo, v)       (e)->sid = (uint32_t)(v)
#define STORE_STAG(e, lo, v)      (e)->stag = (uint16_t)(v)
#define STORE_Stall(e, lo, v)     (e)->stall = (v) != 0
#define STORE_PnU(e, lo, v)       (e)->pnu = (v) != 0
#define STORE_InD(e, lo, v)       (e)->ind = (v) != 0
#define STORE_RnW(e, lo, v)       (e)->rnw = (v) != 0
#define STORE_NSIPA(e, lo, v)     (e)->nsipa = (v) != 0
#define STORE_S2(e, lo, v)        (e)->s2 = (v) != 0
#define STORE_CLASS(e, lo, v)     (e)->clss = (uint8_t)(v)
#define STORE_TTRnW(e, lo, v)     (e)->ttrnw = (v) != 0
#define STORE_Reason(e, lo, v)    (e)->reason = (uint32_t)(v)
#define STORE_InputAddr(e, lo, v) (e)->input_addr = (v) << ((lo) % 64)
#define STORE_IPA(e, lo, v)       (e)->ipa = (v) << ((lo) % 64)
#define STORE_FetchAddr(e, lo, v) (e)->fetch_addr = (v) << ((lo) % 64)
#define STORE_GPCF(e, lo, v)      (e)->gpcf = (v) != 0
#define STORE_Span(e, lo, v)      (e)->span = (uint8_t)(v)
#define STORE_PRIV(e, lo, v)      (e)->perm |= (uint8_t)((v) ? SMMU_PERM_PRIV : 0)
#define STORE_R(e, lo, v)         (e)->perm |= (uint8_t)((v) ? SMMU_PERM_R : 0)
#define STORE_W(e, lo, v)         (e)->perm |= (uint8_t)((v) ? SMMU_PERM_W : 0)
#define STORE_X(e, lo, v)         (e)->perm |= (uint8_t)((v) ? SMMU_PERM_X : 0)
#define STORE_uR(e, lo, v)        STORE_R(e, lo, v)
#define STORE_uW(e, lo, v)        STORE_W(e, lo, v)
#define STORE_uX(e, lo, v)        STORE_X(e, lo, v)
#define STORE_pR(e, lo, v)        (e)->perm_priv |= (uint8_t)((v) ? SMMU_PERM_R : 0)
#define STORE_pW(e, lo, v)        (e)->perm_priv |= (uint8_t)((v) ? SMMU_PERM_W : 0)
#define STORE_pX(e, lo, v)        (e)->perm_priv |= (uint8_t)((v) ? SMMU_PERM_X : 0)

/* Fields by absolute bit position; both ends are constants where these are used. */
#define RECORD_PUT(words, hi, lo, value) \
  ((words)[(lo) / 64] = bits_put((words)[(lo) / 64], (hi) % 64, (lo) % 64, (value)))
#define RECORD_GET(words, hi, lo) bits_get((words)[(lo) / 64], (hi) % 64, (lo) % 64)

void smmu_event_encode(const struct smmu_event *event, uint64_t words[4])
{
  memset(words, 0, EVENT_WORDS * sizeof(words[0]));
  switch (event->type) {
  default:
    FPUT(EVENT, Type, words, event->type);
    FPUT(EVENT, SSV, words, event->ssv);
    FPUT(EVENT, SSID, words, event->ssid);
    FPUT(EVENT, SID, words, event->sid);
#define STRUCT(name, count)
#define FIELD(type, name, hi, lo)
#define EVENT(name, number) \
  break; \
  case number:
#define EFIELD(type, name, hi, lo) RECORD_PUT(words, hi, lo, VALUE_##name(event, lo));
#include "arch/event.def"
#undef EVENT
#undef EFIELD
  }
}

bool smmu_event_decode(const uint64_t words[4], struct smmu_event *event)
{
  memset(event, 0, sizeof(*event));
  switch (FGET(EVENT, Type, words)) {
  default:
    event->type = (uint8_t)FGET(EVENT, Type, words);
    event->ssv = FGET(EVENT, SSV, words) != 0;
    event->ssid = (uint32_t)FGET(EVENT, SSID, words);
    event->sid = (uint32_t)FGET(EVENT, SID, words);
    return false;
#define EVENT(name, number) \
  break; \
  case number:
#define EFIELD(type, name, hi, lo) STORE_##name(event, lo, RECORD_GET(words, hi, lo));
#include "arch/event.def"
#undef EVENT
#undef EFIELD
#undef FIELD
#undef STRUCT
  }
  return true;
}

const char *smmu_event_name(uint8_t type)
{
  struct smmu_layout layout;

  if (smmu_layout_by_key(SMMU_LAYOUT_EVENT, type, &layout))
    return layout.name;
  return type >= 0xE0 && type <= 0xEF ? "IMPDEF_EVENT" : "reserved";
}

size_t smmu_event_print(const uint64_t words[4], char *text, size_t size)
{
  struct smmu_text t = smmu_text_start(text, size);
  uint64_t rest[EVENT_WORDS];
  uint8_t type = (uint8_t)FGET(EVENT, Type, words);
  struct smmu_layout layout;

  memcpy(rest, words, sizeof(rest));
  FPUT(EVENT, Type, rest, 0);
  smmu_text_add(&t, "%s", smmu_event_name(type));
  if (!smmu_layout_by_key(SMMU_LAYOUT_EVENT, type, &layout)) {
    smmu_text_add(&t, " type=0x%02x", type);
    layout.count = 0;
  }
  for (unsigned i = 1; i < layout.count; i++) {
    smmu_field_add(&layout.fields[i], rest, &t);
    smmu_field_put(&layout.fields[i], rest, 0);
  }
  for (unsigned i = 0; i < EVENT_WORDS; i++) {
    if (rest[i] != 0)
      smmu_text_add(&t, " dw%u=0x%llx", i, (unsigned long long)rest[i]);
  }
  return t.length;
}
