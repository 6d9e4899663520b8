// The private half of a hold: two threads of one process share a word (HELD and a count), a stripe's mutex and one bit on the
// entry. A second process creates and lets go of the one entry, under either of two names. README.md says what it stands for.
//
// ROUNDS: lookups of each thread, lives of the entry. MUTANT: the clause that is taken away. No deaths: the private half dies whole.

hidden byte mutant, rounds_each;
#define WITHOUT(clause) (mutant == clause)
#define COUNT_WITHOUT_VALIDATION 1
#define NO_STILL_ZERO 2
#define WORD_BEFORE_BIT 3
#define LET_GO_WITHOUT_STRIPE 4
#define BIT_CLEARED_AFTER_STRIPE 5
#define FIRST_HOLD_OVERWRITES 6

#define FREE 0
#define LIVE 3
#define DESTROYING 4
#define B(t) (1 << (t))
#define OTHER 2  // the second process, as a thread

// Shared.
byte phase = LIVE;
bit name, doomed;
bit ours, theirs = 1;  // the bits of the two processes
byte fresh;            // the threads whose remembered generation is still the entry's
byte shard;            // the shard's lock: thread + 1
// Private to the first process.
bit held;
byte count;
byte stripe;
// What is to be kept.
byte valid;
byte done;

#define IDLE 0
#define DONE 1
#define NAME 3
#define COUNT 4
#define STRIPE 5
#define WORD 6
#define BIT 7
#define WORD_SET 8
#define UNSTRIPE 9
#define VALID 10
#define HELD 11
#define DROP 12
#define LAST_STRIPE 13
#define LAST_LOOK 14
#define LAST_CLEAR 15
#define LAST_UNSTRIPE 16
#define MF_STATE 17
#define MF_HOLDERS 18
#define MF_LOCK 19
#define MF_LOOK 20
#define MF_AGAIN 21
#define MF_REVERT 22
#define MF_DESTROY 23
#define MF_UNLOCK 24
#define MF_FREE 25
#define LAST_LATE_CLEAR 26

proctype Thread(byte me) {
  byte pc, rounds;
  bit n, waiting;
  rounds = rounds_each;
  do
  // ---- Directory::lookup
  :: d_step { pc == IDLE && me != OTHER && rounds > 0 && phase == LIVE -> rounds--; fresh = fresh | B(me); n = 0; pc = NAME }
  :: d_step { pc == IDLE && me != OTHER && rounds > 0 && phase == LIVE -> rounds--; fresh = fresh | B(me); n = 1; pc = NAME }
  :: d_step { pc == IDLE && me != OTHER && (rounds == 0 || phase != LIVE) -> n = 0; done++; pc = DONE }
  // ---- the second process: let go; create again
  :: d_step { pc == IDLE && me == OTHER && theirs -> theirs = 0; pc = MF_STATE }
  :: d_step { pc == IDLE && me == OTHER && !theirs && phase == FREE && rounds > 0 ->
       rounds--; name = !name; theirs = 1; phase = LIVE }
  :: d_step { pc == IDLE && me == OTHER && !theirs && (phase != FREE || rounds == 0) -> done++; pc = DONE }
  :: pc == DONE -> break

  // ---- the mutexes
  :: d_step { pc == STRIPE && stripe == 0 -> stripe = me + 1; pc = WORD }
  :: d_step { pc == LAST_STRIPE && (stripe == 0 || WITHOUT(LET_GO_WITHOUT_STRIPE)) ->
       if :: !WITHOUT(LET_GO_WITHOUT_STRIPE) -> stripe = me + 1 :: else fi;
       pc = LAST_LOOK }
  :: d_step { pc == MF_LOCK && shard == 0 -> shard = me + 1; pc = MF_LOOK }

  :: d_step {
       pc > DONE && pc != STRIPE && pc != LAST_STRIPE && pc != MF_LOCK ->
       if
       :: pc == NAME -> if :: name == n -> pc = COUNT :: else -> fresh = fresh & ~B(me); pc = IDLE fi
       // ---- Directory::hold: count_up_if_held, hold_unvalidated
       :: pc == COUNT ->
          if
          :: held && count > 0 -> count++; pc = VALID;
             if :: WITHOUT(COUNT_WITHOUT_VALIDATION) -> valid = valid | B(me); assert(phase == LIVE && name == n); pc = HELD :: else fi
          :: else -> pc = STRIPE
          fi
       :: pc == WORD ->
          if
          :: held && !WITHOUT(FIRST_HOLD_OVERWRITES) -> count++; pc = UNSTRIPE
          :: else -> pc = (WITHOUT(WORD_BEFORE_BIT) -> WORD_SET : BIT)
          fi
       :: pc == BIT -> ours = 1; pc = (WITHOUT(WORD_BEFORE_BIT) -> UNSTRIPE : WORD_SET)
       :: pc == WORD_SET -> held = 1; count = 1; pc = (WITHOUT(WORD_BEFORE_BIT) -> BIT : UNSTRIPE)
       :: pc == UNSTRIPE -> stripe = 0; pc = VALID
       :: pc == VALID ->
          if
          :: phase == LIVE && (fresh & B(me)) && !doomed -> assert(name == n); valid = valid | B(me); pc = HELD
          :: else -> pc = DROP
          fi
       // ---- Directory::let_go, let_go_last
       :: pc == HELD -> assert(phase == LIVE && name == n); valid = valid & ~B(me); pc = DROP
       :: pc == DROP ->
          fresh = fresh & ~B(me); n = 0;
          assert(count > 0);
          count--;
          pc = (held && count == 0 -> LAST_STRIPE : IDLE)
       :: pc == LAST_LOOK ->
          if
          :: (held && count == 0) || WITHOUT(NO_STILL_ZERO) -> held = 0; count = 0; pc = (WITHOUT(BIT_CLEARED_AFTER_STRIPE) -> LAST_UNSTRIPE : LAST_CLEAR)
          :: else -> waiting = 1; pc = LAST_UNSTRIPE
          fi
       :: pc == LAST_CLEAR -> ours = 0; pc = LAST_UNSTRIPE
       :: pc == LAST_UNSTRIPE ->
          if :: stripe == me + 1 -> stripe = 0 :: else fi;
          pc = (waiting -> IDLE : (WITHOUT(BIT_CLEARED_AFTER_STRIPE) -> LAST_LATE_CLEAR : MF_STATE));
          waiting = 0
       :: pc == LAST_LATE_CLEAR -> ours = 0; pc = MF_STATE

       // ---- Directory::maybe_free
       :: pc == MF_STATE -> if :: phase == LIVE -> fresh = fresh | B(me); pc = MF_HOLDERS :: else -> pc = IDLE fi
       :: pc == MF_HOLDERS -> if :: ours || theirs -> fresh = fresh & ~B(me); pc = IDLE :: else -> pc = MF_LOCK fi
       :: pc == MF_LOOK ->
          if
          :: phase != LIVE || !(fresh & B(me)) || ours || theirs -> pc = MF_UNLOCK
          :: else -> doomed = 1; pc = MF_AGAIN
          fi;
          fresh = fresh & ~B(me)
       :: pc == MF_AGAIN -> pc = (ours || theirs -> MF_REVERT : MF_DESTROY)
       :: pc == MF_REVERT -> doomed = 0; pc = MF_UNLOCK
       :: pc == MF_DESTROY -> assert(phase == LIVE && valid == 0); phase = DESTROYING; waiting = 1; pc = MF_UNLOCK
       :: pc == MF_UNLOCK -> shard = 0; pc = (waiting -> MF_FREE : IDLE); waiting = 0
       :: pc == MF_FREE -> assert(phase == DESTROYING); phase = FREE; doomed = 0; fresh = 0; pc = IDLE
       fi
     }
  od
}

#include "settings.inc"

init {
  d_step { c_code { mutant = setting("MUTANT", 0); rounds_each = setting("ROUNDS", 2); } };
  atomic { run Thread(0); run Thread(1); run Thread(OTHER) };
  done == 3 ->
  assert(!doomed && !held && count == 0 && !ours && !theirs && stripe == 0 && shard == 0);
  assert(phase == FREE)
}
