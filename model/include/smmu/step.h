/* The contract: one actor of the device is run to its next ask, and somebody else answers it.
 *
 * The device is a value (one block of memory, no pointers inside). It holds actors: one for each
 * transaction slot, one for each command queue, one for the event queue and one for the register
 * acknowledger. smmu_step() runs one actor until it needs the outside world, and returns what it
 * needs. The core never calls out, never knows the time and never allocates: engines differ only in
 * how they answer and in which actor they step next.
 *
 * One visible action a step: between two asks an actor does at most one thing to state that other
 * actors can see, and none in the step that takes the reply of a READ or WRITE (there the
 * memory access was the visible action). This is what makes exploration of interleavings sound;
 * builds with SMMU_DEBUG=1 count and CHECK it. */
#ifndef SMMU_STEP_H
#define SMMU_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;
struct smmu_hooks;

/* Index of an actor: transaction slots first, then the SMMU's command queue, the event queue, the
 * acknowledger, then the VCMDQs, if there are any, and the PRI queue last, if there is one. smmu_actor_count() tells how many there are; a device is configured once, so an
 * index keeps its meaning. */
typedef uint32_t smmu_actor;

enum smmu_ask_kind {
  SMMU_ASK_NONE = 0, /* the actor is idle: nothing was done */
  SMMU_ASK_READ,   /* addr, len (4, 8, 16, 32 or 64, naturally aligned), stage: bus read; reply.data
                      little-endian words */
  SMMU_ASK_WRITE,  /* addr, len, data, stage: bus write */
  SMMU_ASK_STAGE,  /* stage: about to use a named resource; the reply means "go" */
  SMMU_ASK_PICK,   /* choices, key: which of `choices` legal outcomes; reply.choice < choices */
  SMMU_ASK_WAIT,   /* key: blocked; step again only when smmu_runnable() shows the actor */
  SMMU_ASK_SIGNAL, /* key (enum smmu_signal): interrupt line or event output; ends the work item */
  SMMU_ASK_END,    /* the actor's work item is done; a transaction's result can be read with
                      smmu_get_result(); key: of the broadcast actor alone, see dvm.h */
  SMMU_ASK_CAS,    /* addr, len 8, data[0] expected, data[1] new, stage: atomic compare and swap of
                      one descriptor; reply.data[0] is what was there, and the swap was made when it
                      equals data[0] */
  SMMU_ASK_SEND,   /* key (enum smmu_message_kind), data: a message to an endpoint; the reply means
                      "on its way" */
  SMMU_ASK_KINDS
};

/* Named resources an actor passes through. READ and WRITE carry the one they pass too, so that a
 * memory access needs no STAGE ask of its own. What a stage costs is known to engines alone. */
enum smmu_stage {
  SMMU_STAGE_NONE = 0,
  SMMU_STAGE_TBU, /* a transaction enters at its TBU; micro-TLB lookup */
  SMMU_STAGE_UTLB_FILL,
  SMMU_STAGE_CFG_CACHE,   /* configuration cache lookup or fill */
  SMMU_STAGE_CFG_FETCH,   /* L1STD, STE, L1CD, CD read */
  SMMU_STAGE_MAIN_TLB,    /* main TLB lookup or fill */
  SMMU_STAGE_WALK_CACHE,  /* walk cache lookup or fill */
  SMMU_STAGE_WALK,        /* descriptor read */
  SMMU_STAGE_RESPOND,     /* answer on its way back */
  SMMU_STAGE_EVENT,       /* an event enters the event buffer */
  SMMU_STAGE_EVENT_WRITE, /* event record write */
  SMMU_STAGE_CMD_FETCH,   /* command read */
  SMMU_STAGE_CMD,         /* command execution step */
  SMMU_STAGE_INVALIDATE,  /* one cache swept for one command */
  SMMU_STAGE_SYNC,        /* CMD_SYNC completion */
  SMMU_STAGE_MSI,         /* MSI write */
  SMMU_STAGE_REGISTER,    /* register acknowledge */
  SMMU_STAGE_UPDATE,      /* atomic update of a descriptor (HTTU) */
  SMMU_STAGE_ATS,         /* link to an endpoint and back */
  SMMU_STAGE_PRI,         /* a page request enters, or is written */
  SMMU_STAGE_STALL,       /* a stalled transaction begins again */
  SMMU_STAGE_COUNT
};

enum smmu_signal {
  SMMU_SIGNAL_EVENTQ,   /* event queue became non-empty */
  SMMU_SIGNAL_GERROR,   /* a GERROR bit became active */
  SMMU_SIGNAL_CMD_SYNC, /* completion of a CMD_SYNC with CS=SIG_IRQ, wired */
  SMMU_SIGNAL_SEV,      /* completion of a CMD_SYNC with CS=SIG_SEV */
  SMMU_SIGNAL_CMDQV,    /* an error of a VCMDQ became active, its VINTF not masked */
  SMMU_SIGNAL_PRIQ,     /* page request queue: see PRIQ_IRQ_CFG2.LO */
  SMMU_SIGNAL_COUNT
};

/* Why an actor waits, and what a PICK chooses: the `key` of WAIT and PICK. */
enum smmu_key {
  SMMU_KEY_NONE = 0,
  SMMU_WAIT_DRAIN,      /* CMD_SYNC waits for marked transactions and committed event records */
  SMMU_WAIT_EVENT_ROOM, /* a fault waits for room in the event buffer */
  SMMU_PICK_VICTIM,     /* which way of a full set is replaced; data[0] hints at the oldest */
  SMMU_WAIT_RESUME,     /* a stalled transaction waits for CMD_RESUME or CMD_STALL_TERM */
  SMMU_WAIT_STALL_ROOM, /* the same, when its record cannot be written yet: event queue not
                           writable, or IDR5.STALL_MAX records without an answer */
  SMMU_PICK_MERGE,      /* 1: an event is merged with an equal one that waits (STE.MEV) */
  SMMU_PICK_PREFETCH,   /* 1: a prefetch command has an effect */
  SMMU_PICK_WIDER,      /* how much more than it must an invalidation removes: enum smmu_wider */
  SMMU_WAIT_ENDPOINT, /* CMD_ATC_INV waits until one of the invalidations on their way is answered */
  SMMU_KEY_COUNT
};

struct smmu_ask {
  uint8_t kind, stage;
  uint16_t len;
  uint32_t key;
  uint64_t addr;
  uint32_t choices, reserved;
  uint64_t data[8];
};

/* Messages to endpoints: the `key` of SEND. */
enum smmu_message_kind {
  SMMU_MESSAGE_ATC_INV, /* ATS invalidate request; answered by smmu_endpoint_done() */
  SMMU_MESSAGE_PRI_RESP /* page request group response, from CMD_PRI_RESP or by the SMMU itself */
};

/* What a bus access came to. Anything but OK is an external abort to the SMMU. */
enum smmu_bus { SMMU_BUS_OK = 0, SMMU_BUS_ABORT = 1 };

struct smmu_reply {
  uint8_t status; /* enum smmu_bus; READ, WRITE */
  uint8_t reserved[3];
  uint32_t choice;  /* PICK */
  uint64_t data[8]; /* READ: only `len` bytes are read */
};

/* A transaction that waits for one of the two STALL keys may do so for ever: it has stalled, and
 * goes on only when software answers its event record. */

/* Run `actor` to its next ask and store it in *ask. Only the fields that ask->kind names are
 * written (a 96-byte ask returned by value costs twice the time of a TLB hit).
 *
 * reply answers the ask this actor returned last; it is NULL on the first step of a work item, and
 * may be NULL for asks that carry no answer (STAGE, WAIT, SIGNAL, END, NONE). hooks may be NULL;
 * they never change behaviour.
 *
 * Never blocks, never allocates. After END a transaction's slot is free and its result stays
 * readable until the slot is used again. Stepping an actor that is not runnable repeats its last
 * WAIT or returns NONE. */
void smmu_step(struct smmu *s, smmu_actor actor, const struct smmu_reply *reply,
               const struct smmu_hooks *hooks, struct smmu_ask *ask);

/* Number of actors; the bitmap of smmu_runnable() has this many bits. */
smmu_actor smmu_actor_count(const struct smmu *s);

/* Copy the bitmap of actors that can move: bit (a % 64) of word (a / 64). Returns how many are set.
 * An actor that was given an ask it can answer at once (anything but WAIT) counts as runnable. */
size_t smmu_runnable(const struct smmu *s, uint64_t *bitmap);
bool smmu_is_runnable(const struct smmu *s, smmu_actor actor);

/* Human names of enumerators, static storage; "?" when out of range. */
const char *smmu_stage_name(unsigned stage);
const char *smmu_ask_name(unsigned kind);

#ifdef __cplusplus
}
#endif
#endif
