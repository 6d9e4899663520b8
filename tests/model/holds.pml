// The protocol of DESIGN sections 4 to 6: entries, holds, doom, the shard lock, create, publish, remove, pin, IpcWeak,
// get_or_compute, reaping. README.md says which function each part stands for and what is left out.
//
// A participant is a loop of steps chosen by its `pc`. A step is one access to shared memory, with what nobody else can change
// meanwhile. Before each step the participant may be killed. Checked without partial-order reduction.
//
// Fixed when compiled: WORKERS, REAPERS, ENTRIES. Read by pan from the environment: OPS (operations of each worker),
// KILLS, SHARDS, MENU (operations allowed), START (0 to 8; 99: all), and MUTANT, the clause that is taken away.

#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef REAPERS
#define REAPERS 1
#endif
#ifndef ENTRIES
#define ENTRIES 2
#endif

#define JUDGE (WORKERS + REAPERS)
#define PROCESSES (JUDGE + 1)
#define ALL ((1 << PROCESSES) - 1)
#define B(p) (1 << (p))
#define ALIVE(p) ((alive & B(p)) != 0)

// Set once by init, the same in every state.
hidden byte mutant, shards, menu, opening, tries_max, operations;

#define WITHOUT(clause) (mutant == clause)
#define NO_RECHECK 1
#define NO_GENERATION 2
#define NO_DOOMED 3
#define IGNORE_DOOMED 4
#define NO_ASK_AFTER_FAILED_HOLD 5
#define MAYBE_FREE_WITHOUT_LOCK 6
#define NO_GENERATION_UNDER_LOCK 7
#define NO_REVERT 8
#define PINNED_COUNTS_UNLINKED 9
#define EARLY_EXIT_IGNORES_LEAVING 10
#define LEAVING_AFTER_UNLINK 11
#define LINK_THEN_LIVE 12
#define LIVE_THEN_LINK 13
#define HOLD_AFTER_UNLOCK 14
#define NO_SEQUENCE 15
#define BUMP_BEFORE_UNLINK 16
#define BUMP_AFTER_FREE 17
#define PLAIN_MUTEX 18
#define NO_RECOVERY 19
// Not a mistake: whoever comes with the lock clears it.
#define RECOVERY_KEEPS_DOOMED 20
#define RECOVERY_KEEPS_LEAVING 21
#define RECOVERY_KEEPS_DESTROYING 22
#define RECOVERY_WITHOUT_BUMP 23
#define STALE_DOOMED_KEPT 24
#define NO_REAPER_STEP1 25
#define NO_REAPER_STEP2 26
#define NO_REAPER_STEP3 27
#define REAPER_ASKS_CHANGED_ONLY 28
#define NO_SHARD_LOCK_BEFORE_FREE_DESTROYING 29
#define STATE_BEFORE_REGION 30
#define SLOT_FREED_FIRST 31
#define NO_LEAVING_IN_PUBLISH 32
#define EARLY_EXIT_IGNORES_DOOMED 33
#define PUBLISH_WITHOUT_BUMP 34
#define COMPUTE_WITHOUT_LOOKING_AGAIN 35
#define NO_MEND 36
#define PLAIN_ENTRY_MUTEX 37
#define RESERVED_NEVER_FREED 38
#define COMPLETE_WITHOUT_SHARD_LOCK 39
#define SHARDS_OF_THE_DEAD_LEFT 40
#define REMOVE_WITHOUT_BUMP 41
#define LEAVING_IS_FOUND 42

#define M_CREATE 1
#define M_PUBLISH 2
#define M_LOOKUP 4
#define M_REMOVE 8
#define M_PIN 16
#define M_WEAK 32
#define M_REAP 64
#define M_COMPUTE 128
#define HAS(m) ((menu & (m)) != 0)

#define SHARD_OF(name_) ((shards - 1) * (name_))

#define FREE 0
#define BUILDING 1
#define RESERVED 2
#define LIVE 3
#define DESTROYING 4

typedef Entry {
  unsigned phase : 3;
  unsigned part : 3;
  unsigned pinned : 1;
  unsigned doomed : 1;
  unsigned leaving : 1;
  unsigned name : 1;
  unsigned next : 2;
  unsigned holders : 6;
  unsigned tag : 2;   // what the region's tags say: 0 nothing, 1 half built, 2 whole
  unsigned mutex : 3; // who has the entry's mutex
  unsigned met : 6    // the lookups during whose present walk it was what its name is bound to
}

#define HOLDABLE(i) (E[i].phase == LIVE || E[i].phase == RESERVED)

typedef Shard {
  unsigned head : 2;
  unsigned owner : 3;
  // Stands for the sequence: a bump sets every bit, a lookup that reads the sequence clears its own.
  unsigned moved : 6
}

typedef Name {
  unsigned bound : 2;  // what the name means to the user, by the operations' commit points
  unsigned steady : 6  // the lookups during whose present walk the name was bound all the time
}

// A generation is remembered by `fresh` (of `ref`) and `weak_fresh` (of `weak`): an entry that becomes free clears them.
// Generations are never reused, so nothing else can be told from comparing them.
typedef Slot {
  unsigned lock : 3;  // who reaps it
  unsigned held : 2;  // this process's validated handle: entry + 1
  unsigned ref : 2;   // the entry + 1 that its lookup or maybe_free stands on
  unsigned fresh : 1;
  unsigned weak : 2;  // its IpcWeak: entry + 1
  unsigned weak_fresh : 1
}

Entry E[ENTRIES];
Shard S[2];
Name N[2];
Slot P[PROCESSES];
byte alive = ALL;
byte slots = ALL;
byte busy = 0;
byte kills;
byte walkers = 0;
byte running = WORKERS;

#define HELD_BY(p, i) (ALIVE(p) && P[p].held == (i) + 1)
#if WORKERS > 2
#define NOBODY_HOLDS(i) (!HELD_BY(0, i) && !HELD_BY(1, i) && !HELD_BY(2, i))
#else
#define NOBODY_HOLDS(i) (!HELD_BY(0, i) && !HELD_BY(1, i))
#endif

#define REAPABLE(d) (me != d && (slots & B(d)) && !ALIVE(d) && (P[d].lock == 0 || !ALIVE(P[d].lock - 1)))
#if PROCESSES > 4
#define CAN_REAP (REAPABLE(0) || REAPABLE(1) || REAPABLE(2) || REAPABLE(3))
#else
#define CAN_REAP (REAPABLE(0) || REAPABLE(1) || REAPABLE(2))
#endif

// Where a participant is.
#define IDLE 0
#define DEAD 1
#define LOCK 2
#define RECOVER 3
#define CR_BUILD 4
#define CR_HOLD 5
#define CR_LIVE 6
#define CR_OLD 7
#define CR_LINK 8
#define CR_LINKED 9
#define CR_BUMP 10
#define CR_UNLOCK 11
#define CR_LOSE 12
#define CR_LOST 13
#define LK_START 14
#define LK_STATE 15
#define LK_NAME 16
#define LK_NEXT 17
#define LK_END 18
#define LK_HOLD 19
#define LK_VALID 20
#define LK_CLEAR 21
#define LL_HOLD 22
#define WK_START 24
#define WL_START 25
#define WL_LOOK 26
#define WL_HOLD 27
#define RM_LEAVING 28
#define RM_LINK 29
#define RM_LATE 30
#define RM_BUMP 31
#define RM_UNLOCK 32
#define PIN_SET 33
#define PIN_CLEAR 34
#define UNLOCK 35
#define MF_STATE 36
#define MF_HOLDERS 37
#define MF_LOOK 38
#define MF_DOOM 39
#define MF_AGAIN 40
#define MF_REVERT 41
#define MF_DESTROY 42
#define MF_EARLY_BUMP 43
#define MF_UNLINK 44
#define MF_BUMP 45
#define MF_DROP 46
#define MF_REGION 47
#define MF_FREE 48
#define MF_LATE_BUMP 49
#define MF_UNLOCK 50
#define RP_CLEAR 51
#define RP_FINISH 52
#define RP_UNLOCK 53
#define RP_REGION 54
#define RP_FREE 55
#define RP_ASK 56
#define RP_SLOT 57
#define LL_START 58
#define RP_SHARDS 59
#define RP_SHARD_UNLOCK 61
#define RP_MENDED 62
#define CP_MUTEX 63
#define CP_CLAIM 64
#define CP_LOOK 65
#define CP_BUILD 66
#define CP_BUILT 67
#define CP_LOCK 68
#define CP_LIVE 69
#define CP_BUMP 70
#define CP_UNLOCK 71
#define CP_DONE 72
#define CP_THROWN 73
#define CP_LET_GO 74
#define CR_LATE_HOLD 60

// A walk ends: what it would have noticed no longer matters.
#define NO_WALK(sh)                                                             \
  S[sh].moved = S[sh].moved | B(me); walkers = walkers & ~B(me);                \
  N[0].steady = N[0].steady & ~B(me); N[1].steady = N[1].steady & ~B(me)

#define NOT_MET                                                                 \
  E[0].met = E[0].met & ~B(me); E[1].met = E[1].met & ~B(me);                   \
  E[ENTRIES - 1].met = E[ENTRIES - 1].met & ~B(me)

#define RESET                                                                   \
  n = 0; e = 0; s = 0; cur = 0; prev = 0; old = 0; tries = 0; lr = 0; mr = 0; pub = 0; weak = 0; dm = 0; cp = 0; \
  P[me].ref = 0; P[me].fresh = 0; NOT_MET

#define FINISH RESET; busy = busy & ~B(me); pc = IDLE
#define BUSY busy = busy | B(me)
// Back to who asked maybe_free.
#define FREED                                                                   \
  lr = 0; s = 0; cur = 0; prev = 0; dm = 0; pc = mr; mr = 0; P[me].ref = 0; P[me].fresh = 0; \
  if :: pc == IDLE -> FINISH :: else fi

// Under the lock: cur = the linked entry called nm + 1, or 0; prev = its predecessor + 1.
inline find_name(sh, nm) {
  prev = 0; cur = S[sh].head;
  do
  :: cur == 0 -> break
  :: cur != 0 ->
     if
     :: E[cur - 1].name == nm && HOLDABLE(cur - 1) -> break
     :: else -> assert(E[cur - 1].next != cur && (prev == 0 || E[cur - 1].next != prev)); prev = cur; cur = E[cur - 1].next
     fi
  od
}

// Under the lock: cur = i + 1 if entry i is linked, else 0.
inline find_entry(sh, i) {
  prev = 0; cur = S[sh].head;
  do
  :: cur == 0 || cur == i + 1 -> break
  :: else -> assert(E[cur - 1].next != cur && (prev == 0 || E[cur - 1].next != prev)); prev = cur; cur = E[cur - 1].next
  od
}

inline store_link(sh, to) {
  if
  :: prev == 0 -> S[sh].head = to
  :: else -> E[prev - 1].next = to
  fi
}

inline bump(sh) {
  if
  :: WITHOUT(NO_SEQUENCE) -> skip
  :: else -> S[sh].moved = ALL
  fi
}

inline unbind(i) {
  if
  :: N[E[i].name].bound == i + 1 -> N[E[i].name].bound = 0; N[E[i].name].steady = 0
  :: else
  fi
}

#define LEAVE_BEHIND(p, i)                                                      \
  if :: P[p].ref == i + 1 -> P[p].fresh = 0; kept = 1 :: else fi;               \
  if :: P[p].weak == i + 1 -> P[p].weak_fresh = 0; kept = 1 :: else fi

inline to_free(i) {
  E[i].phase = FREE; E[i].part = 0; E[i].pinned = 0; E[i].doomed = 0; E[i].leaving = 0; E[i].mutex = 0; E[i].met = 0;
  LEAVE_BEHIND(0, i); LEAVE_BEHIND(1, i); LEAVE_BEHIND(2, i); LEAVE_BEHIND(3, i);
#if PROCESSES > 4
  LEAVE_BEHIND(4, i);
#endif
  // What nobody can read before it is written again is the same in every state.
  if :: !kept -> E[i].name = 0 :: else fi;
  if :: walkers == 0 -> E[i].next = 0 :: else fi;
  kept = 0
}

#define UNLOCK_SHARD if :: S[s].owner == me + 1 -> S[s].owner = 0 :: else fi

#define WORKS (me < WORKERS && ops > 0)
#define BEGIN_CREATE(pub_, n_, e_, menu_)                                       \
  d_step { pc == IDLE && WORKS && P[me].held == 0 && HAS(menu_) && E[e_].phase == FREE -> \
           ops--; n = n_; e = e_; pub = pub_; BUSY; E[e].phase = BUILDING; E[e].part = me + 1; pc = CR_BUILD }
#define BEGIN_LOOKUP(n_)                                                        \
  d_step { pc == IDLE && WORKS && P[me].held == 0 && HAS(M_LOOKUP) -> ops--; n = n_; BUSY; pc = LK_START }
#define BEGIN_COMPUTE(n_)                                                       \
  d_step { pc == IDLE && WORKS && P[me].held == 0 && HAS(M_COMPUTE) -> ops--; n = n_; cp = 1; BUSY; pc = LK_START }
#define BEGIN_REMOVE(n_)                                                        \
  d_step { pc == IDLE && WORKS && HAS(M_REMOVE) -> ops--; n = n_; s = SHARD_OF(n); lr = RM_LEAVING; BUSY; pc = LOCK }
#define LET_GO                                                                  \
  BUSY; P[me].held = 0; E[e].holders = E[e].holders & ~B(me); pc = MF_STATE
#define BEGIN_REAP(d)                                                           \
  d_step { pc == IDLE && REAPABLE(d) && ((WORKS && HAS(M_REAP)) || me >= WORKERS) ->   \
           P[d].lock = me + 1; rd = d;                                          \
           if :: WORKS -> ops-- :: else fi;                                     \
           BUSY; pc = RP_CLEAR }

#define LOCALS                                                                  \
  unsigned pc : 7; unsigned n : 1; unsigned e : 2; unsigned s : 1; unsigned cur : 2; \
  unsigned prev : 2; unsigned old : 2; unsigned tries : 2; unsigned lr : 7; unsigned mr : 7; unsigned pub : 1; \
  unsigned weak : 1; unsigned dm : 1; unsigned cp : 1; unsigned rd : 3; unsigned re : 2; unsigned kept : 1; \
  unsigned ops : 3

inline machine(count) {
  ops = count * (me < WORKERS);
end_idle:
  do
  :: atomic {
    pc == IDLE && (me < WORKERS || me == JUDGE || CAN_REAP) ->
    if
    :: BEGIN_CREATE(0, 0, 0, M_CREATE)
    :: BEGIN_CREATE(0, 0, 1, M_CREATE)
    :: BEGIN_CREATE(0, 1, 0, M_CREATE)
    :: BEGIN_CREATE(0, 1, 1, M_CREATE)
    :: BEGIN_CREATE(1, 0, 0, M_PUBLISH)
    :: BEGIN_CREATE(1, 0, 1, M_PUBLISH)
    :: BEGIN_CREATE(1, 1, 0, M_PUBLISH)
    :: BEGIN_CREATE(1, 1, 1, M_PUBLISH)
#if ENTRIES > 2
    :: BEGIN_CREATE(0, 0, 2, M_CREATE)
    :: BEGIN_CREATE(0, 1, 2, M_CREATE)
    :: BEGIN_CREATE(1, 0, 2, M_PUBLISH)
    :: BEGIN_CREATE(1, 1, 2, M_PUBLISH)
#endif
    :: BEGIN_LOOKUP(0)
    :: BEGIN_LOOKUP(1)
    :: BEGIN_REMOVE(0)
    :: BEGIN_REMOVE(1)
    :: BEGIN_COMPUTE(0)
    :: BEGIN_COMPUTE(1)
    :: d_step { pc == IDLE && WORKS && P[me].held == 0 && P[me].weak != 0 && HAS(M_WEAK) -> ops--; BUSY; weak = 1; pc = WK_START }
    :: d_step {
         pc == IDLE && WORKS && P[me].held != 0 && HAS(M_PIN) -> ops--; BUSY;
         e = P[me].held - 1; s = SHARD_OF(E[e].name);
         if :: E[e].pinned -> lr = PIN_CLEAR :: else -> lr = PIN_SET fi;
         pc = LOCK
       }
    // let_go of the last handle; it needs no operation left, so that objects end.
    :: d_step {
         pc == IDLE && P[me].held != 0 ->
         e = P[me].held - 1; P[me].weak = 0; P[me].weak_fresh = 0;
         if :: WORKS -> ops-- :: else fi;
         LET_GO
       }
    // The same, and an IpcWeak stays.
    :: d_step { pc == IDLE && P[me].held != 0 && WORKS && ops > 1 && HAS(M_WEAK) ->
         ops--; e = P[me].held - 1; P[me].weak = e + 1; P[me].weak_fresh = 1; LET_GO }
    :: BEGIN_REAP(0)
    :: BEGIN_REAP(1)
    :: BEGIN_REAP(2)
#if PROCESSES > 4
    :: BEGIN_REAP(3)
#endif
    :: d_step { pc == IDLE && me < WORKERS && ops == 0 -> running--; ops = 0; P[me].weak = 0; P[me].weak_fresh = 0; pc = DEAD }
    :: d_step { pc == IDLE && me == JUDGE && !CAN_REAP -> pc = DEAD }
    fi
  }
  // The user's function throws.
  :: d_step { pc == CP_BUILT -> pc = CP_THROWN }
  :: d_step { pc == CP_MUTEX && (E[e].mutex == 0 || (!WITHOUT(PLAIN_ENTRY_MUTEX) && !ALIVE(E[e].mutex - 1))) ->
       dm = (E[e].mutex != 0); E[e].mutex = me + 1; pc = CP_LOOK }
  :: pc == DEAD -> break

  // ---- SIGKILL
  :: d_step {
       kills > 0 && pc != DEAD -> kills--; alive = alive & ~B(me); busy = busy & ~B(me); P[me].held = 0;
       NO_WALK(0); NO_WALK(1); RESET; rd = 0; re = 0; P[me].weak = 0; P[me].weak_fresh = 0; ops = 0;
       if :: me < WORKERS -> running-- :: else fi;
       pc = DEAD
     }

  // ---- the shard's robust mutex, and Directory::recover_shard
  :: d_step {
       pc == LOCK && (S[s].owner == 0 || (!WITHOUT(PLAIN_MUTEX) && !ALIVE(S[s].owner - 1))) ->
       if
       :: S[s].owner == 0 || WITHOUT(NO_RECOVERY) -> pc = lr; lr = 0
       :: else -> prev = 0; cur = S[s].head; pc = RECOVER
       fi;
       S[s].owner = me + 1
     }
  // All other steps: each is one alternative of this choice.
  :: d_step {
    pc > LOCK && pc != CP_MUTEX ->
    if
    :: pc == RECOVER ->
       if
       :: cur == 0 ->
          if :: !WITHOUT(RECOVERY_WITHOUT_BUMP) -> bump(s) :: else fi;
          prev = 0; pc = lr; lr = 0
       :: cur != 0 && ((E[cur - 1].phase == DESTROYING && !WITHOUT(RECOVERY_KEEPS_DESTROYING)) || E[cur - 1].phase == BUILDING) ->
          assert(E[cur - 1].phase != BUILDING || WITHOUT(LINK_THEN_LIVE));
          cur = E[cur - 1].next;
          store_link(s, cur)
       :: else ->
          assert(E[cur - 1].phase != FREE && E[cur - 1].next != cur);
          if :: !WITHOUT(RECOVERY_KEEPS_DOOMED) -> E[cur - 1].doomed = 0 :: else fi;
          if :: !WITHOUT(RECOVERY_KEEPS_LEAVING) -> E[cur - 1].leaving = 0 :: else fi;
          prev = cur; cur = E[cur - 1].next
       fi

  // ---- Directory::link (create) and Directory::publish
    :: pc == CR_BUILD -> E[e].name = n; E[e].tag = 2 * !cp; E[e].mutex = cp * (me + 1); s = SHARD_OF(n); lr = CR_HOLD; pc = LOCK
    :: pc == CR_HOLD ->
       find_name(s, n);
       if
       :: cur != 0 && !pub -> S[s].owner = 0; pc = CR_LOSE
       :: else ->
          old = cur;
          if
          :: old != 0 -> E[e].next = E[old - 1].next
          :: else -> prev = 0; E[e].next = S[s].head
          fi;
          if :: !WITHOUT(HOLD_AFTER_UNLOCK) -> E[e].holders = E[e].holders | B(me) :: else fi;
          if :: WITHOUT(LINK_THEN_LIVE) -> pc = (old != 0 -> CR_OLD : CR_LINK) :: else -> pc = CR_LIVE fi
       fi;
       cur = 0
    :: pc == CR_LIVE ->
       E[e].phase = (cp -> RESERVED : LIVE); E[e].part = 0; E[e].pinned = pub; E[e].leaving = !WITHOUT(LIVE_THEN_LINK);
       P[me].held = e + 1;
       pc = (old != 0 && !WITHOUT(LEAVING_AFTER_UNLINK) && !WITHOUT(NO_LEAVING_IN_PUBLISH) -> CR_OLD : CR_LINK)
    :: pc == CR_OLD -> E[old - 1].leaving = 1; pc = CR_LINK
    :: pc == CR_LINK -> store_link(s, e + 1); prev = 0; if :: !cp -> N[n].bound = e + 1; E[e].met = walkers :: else fi; pc = CR_LINKED
    :: pc == CR_LINKED ->
       if
       :: WITHOUT(LINK_THEN_LIVE) -> E[e].phase = LIVE; E[e].part = 0; E[e].pinned = pub; P[me].held = e + 1
       :: else
       fi;
       E[e].leaving = 0;
       if :: WITHOUT(LEAVING_AFTER_UNLINK) && old != 0 -> E[old - 1].leaving = 1 :: else fi;
       pc = CR_BUMP
    :: pc == CR_BUMP -> if :: !WITHOUT(PUBLISH_WITHOUT_BUMP) -> bump(s) :: else fi; pc = CR_UNLOCK
    :: pc == CR_UNLOCK -> S[s].owner = 0;
       if
       :: WITHOUT(HOLD_AFTER_UNLOCK) -> pc = CR_LATE_HOLD
       :: cp -> pc = CP_BUILD
       :: old != 0 -> e = old - 1; old = 0; pub = 0; n = 0; s = 0; pc = MF_STATE
       :: else -> FINISH
       fi
    :: pc == CR_LATE_HOLD ->
       assert(E[e].phase == LIVE); E[e].holders = E[e].holders | B(me); FINISH
    :: pc == CR_LOSE -> E[e].mutex = 0; E[e].tag = 0; pc = CR_LOST
    :: pc == CR_LOST -> assert(E[e].phase == BUILDING && E[e].part == me + 1); to_free(e); e = 0; if :: cp -> pc = LK_START :: else -> FINISH fi

  // ---- Directory::lookup and Directory::hold
    :: pc == LK_START ->
       s = SHARD_OF(n); if :: tries < 3 -> tries++ :: else fi; S[s].moved = S[s].moved & ~B(me); cur = S[s].head; P[me].ref = cur; P[me].fresh = 0; walkers = walkers | B(me); NOT_MET;
       if
       :: N[n].bound != 0 -> N[n].steady = N[n].steady | B(me); E[N[n].bound - 1].met = E[N[n].bound - 1].met | B(me)
       :: else
       fi;
       pc = (cur == 0 -> LK_END : LK_STATE)
    :: pc == LK_STATE ->
       if
       :: E[cur - 1].phase == LIVE && E[cur - 1].leaving && !WITHOUT(LEAVING_IS_FOUND) -> S[s].moved = S[s].moved | B(me); pc = LK_NEXT
       :: else ->
       if
       :: E[cur - 1].phase == LIVE || (cp && E[cur - 1].phase == RESERVED) -> P[me].fresh = 1; dm = (E[cur - 1].phase == RESERVED); pc = LK_NAME
       :: else -> pc = LK_NEXT
       fi fi
    :: pc == LK_NAME -> if :: E[cur - 1].name == n -> pc = LK_HOLD :: else -> dm = 0; pc = LK_NEXT fi
    :: pc == LK_NEXT -> cur = E[cur - 1].next; P[me].ref = cur; P[me].fresh = 0; pc = (cur == 0 -> LK_END : LK_STATE)
    :: pc == LK_END ->
       if
       :: !(S[s].moved & B(me)) ->
          assert(!(N[n].steady & B(me)));  // no miss of what was bound all the time
          NO_WALK(s);
          if :: cp -> pc = CP_CLAIM :: else -> FINISH fi
       :: else ->
          NO_WALK(s);
          if
          :: tries < tries_max -> pc = LK_START
          :: else -> lr = LL_HOLD; pc = LOCK
          fi
       fi
    :: pc == LK_HOLD -> NO_WALK(s); s = 0; e = cur - 1; cur = 0; E[e].holders = E[e].holders | B(me); pc = LK_VALID
    :: pc == LK_VALID ->
       if
       :: WITHOUT(NO_RECHECK) || (HOLDABLE(e) && (P[me].fresh || WITHOUT(NO_GENERATION)) &&
                                  (!E[e].doomed || WITHOUT(IGNORE_DOOMED))) ->
          assert((E[e].phase == LIVE && E[e].tag == 2) || (dm && E[e].phase == RESERVED));
          assert(weak || E[e].name == n);
          assert(weak || dm || (E[e].met & B(me)));  // what is found was bound while it was looked for
          assert(!weak || P[me].weak_fresh);
          P[me].held = e + 1; P[me].weak = 0; P[me].weak_fresh = 0;
          if
          :: dm -> dm = 0; P[me].ref = 0; P[me].fresh = 0; pc = CP_MUTEX
          :: else -> FINISH
          fi
       :: else ->
          dm = 0;
          if
          :: HOLDABLE(e) && P[me].fresh -> mr = (weak -> WL_START : LL_START)
          :: else ->
             if
             :: weak -> mr = IDLE; P[me].weak = 0; P[me].weak_fresh = 0
             :: else -> mr = (tries < tries_max -> LK_START : LL_START)
             fi
          fi;
          pc = LK_CLEAR
       fi
    :: pc == LK_CLEAR ->
       E[e].holders = E[e].holders & ~B(me);
       if :: WITHOUT(NO_ASK_AFTER_FAILED_HOLD) -> FREED :: else -> pc = MF_STATE fi
  // The same, through the shard's lock.
    :: pc == LL_START -> e = 0; s = SHARD_OF(n); lr = LL_HOLD; pc = LOCK
    :: pc == LL_HOLD ->
       find_name(s, n); prev = 0;
       if
       :: cur == 0 || (!cp && E[cur - 1].phase == RESERVED) ->
          assert(N[n].bound == 0); cur = 0; S[s].owner = 0;
          if :: cp -> pc = CP_CLAIM :: else -> FINISH fi
       :: else ->
          e = cur - 1; cur = 0;
          E[e].doomed = 0;
          E[e].holders = E[e].holders | B(me); P[me].held = e + 1; dm = (E[e].phase == RESERVED); pc = UNLOCK
       fi
    :: pc == UNLOCK -> S[s].owner = 0; if :: dm -> dm = 0; pc = CP_MUTEX :: else -> FINISH fi

  // ---- IpcWeak::lock
    :: pc == WK_START ->
       if
       :: E[P[me].weak - 1].phase == LIVE && P[me].weak_fresh -> cur = P[me].weak; P[me].ref = cur; P[me].fresh = 1; pc = LK_HOLD
       :: else -> P[me].weak = 0; P[me].weak_fresh = 0; FINISH
       fi
    :: pc == WL_START -> s = SHARD_OF(E[e].name); lr = WL_LOOK; pc = LOCK
    :: pc == WL_LOOK ->
       if
       :: E[e].phase == LIVE && P[me].weak_fresh ->
          if :: !WITHOUT(STALE_DOOMED_KEPT) -> E[e].doomed = 0 :: else fi;
          pc = WL_HOLD
       :: else -> P[me].weak = 0; P[me].weak_fresh = 0; S[s].owner = 0; FINISH
       fi
    :: pc == WL_HOLD -> E[e].holders = E[e].holders | B(me); P[me].held = e + 1; P[me].weak = 0; P[me].weak_fresh = 0; pc = UNLOCK

  // ---- Directory::remove (Directory::unlink)
    :: pc == RM_LEAVING ->
       find_name(s, n);
       if
       :: cur == 0 || E[cur - 1].phase == RESERVED -> assert(N[n].bound == 0); cur = 0; S[s].owner = 0; FINISH
       :: else ->
          e = cur - 1; cur = 0;
          if :: !WITHOUT(LEAVING_AFTER_UNLINK) -> E[e].leaving = 1 :: else fi;
          pc = RM_LINK
       fi
    :: pc == RM_LINK -> store_link(s, E[e].next); prev = 0; unbind(e); n = 0; pc = (WITHOUT(LEAVING_AFTER_UNLINK) -> RM_LATE : RM_BUMP)
    :: pc == RM_LATE -> E[e].leaving = 1; pc = RM_BUMP
    :: pc == RM_BUMP -> if :: !WITHOUT(REMOVE_WITHOUT_BUMP) -> bump(s) :: else fi; pc = RM_UNLOCK
    :: pc == RM_UNLOCK -> S[s].owner = 0; s = 0; pc = MF_STATE

  // ---- pin, unpin
    :: pc == PIN_SET -> E[e].pinned = 1; pc = UNLOCK
    :: pc == PIN_CLEAR -> E[e].pinned = 0; pc = UNLOCK

  // ---- Directory::maybe_free(e), then on at mr
    :: pc == MF_STATE ->
       dm = E[e].doomed && !WITHOUT(STALE_DOOMED_KEPT);
       if
       :: !HOLDABLE(e) || (E[e].phase == RESERVED && WITHOUT(RESERVED_NEVER_FREED)) -> FREED
       :: HOLDABLE(e) && E[e].pinned && (!dm || WITHOUT(EARLY_EXIT_IGNORES_DOOMED)) &&
          (!E[e].leaving || WITHOUT(EARLY_EXIT_IGNORES_LEAVING)) -> FREED
       :: else -> P[me].ref = e + 1; P[me].fresh = 1; pc = MF_HOLDERS
       fi
    :: pc == MF_HOLDERS ->
       if
       :: E[e].holders != 0 && (!dm || WITHOUT(EARLY_EXIT_IGNORES_DOOMED)) -> FREED
       :: else ->
          s = SHARD_OF(E[e].name); dm = 0;
          if :: WITHOUT(MAYBE_FREE_WITHOUT_LOCK) -> pc = MF_LOOK :: else -> lr = MF_LOOK; pc = LOCK fi
       fi
    :: pc == MF_LOOK ->
       if
       :: !HOLDABLE(e) || (!P[me].fresh && !WITHOUT(NO_GENERATION_UNDER_LOCK)) -> pc = MF_UNLOCK
       :: else ->
          if
          :: E[e].holders != 0 || (E[e].pinned && (!E[e].leaving || WITHOUT(PINNED_COUNTS_UNLINKED))) ->
             pc = (E[e].doomed && !WITHOUT(STALE_DOOMED_KEPT) -> MF_REVERT : MF_UNLOCK)
          :: else -> pc = (WITHOUT(NO_DOOMED) -> MF_DESTROY : MF_DOOM)
          fi
       fi;
       P[me].ref = 0; P[me].fresh = 0
    :: pc == MF_DOOM -> E[e].doomed = 1; pc = MF_AGAIN
    :: pc == MF_AGAIN -> pc = (E[e].holders != 0 -> MF_REVERT : MF_DESTROY)
    :: pc == MF_REVERT -> if :: !WITHOUT(NO_REVERT) -> E[e].doomed = 0 :: else fi; pc = MF_UNLOCK
    :: pc == MF_DESTROY ->
       assert(HOLDABLE(e));  // never twice
       assert(NOBODY_HOLDS(e));
       unbind(e);
       E[e].phase = DESTROYING; E[e].part = me + 1;
       pc = (WITHOUT(BUMP_BEFORE_UNLINK) -> MF_EARLY_BUMP : (E[e].leaving -> MF_DROP : MF_UNLINK))
    :: pc == MF_EARLY_BUMP -> bump(s); pc = MF_UNLINK
    :: pc == MF_UNLINK ->
       find_entry(s, e);
       if :: cur != 0 -> store_link(s, E[e].next) :: else -> assert(mutant != 0) fi;
       cur = 0; prev = 0;
       pc = (WITHOUT(BUMP_BEFORE_UNLINK) || WITHOUT(BUMP_AFTER_FREE) -> MF_DROP : MF_BUMP)
    :: pc == MF_BUMP -> bump(s); pc = MF_DROP
    :: pc == MF_DROP -> UNLOCK_SHARD; pc = (WITHOUT(STATE_BEFORE_REGION) -> MF_FREE : MF_REGION)
    :: pc == MF_REGION ->
       assert(NOBODY_HOLDS(e));
       E[e].tag = 0;
       if :: WITHOUT(STATE_BEFORE_REGION) -> FREED :: else -> pc = MF_FREE fi
    :: pc == MF_FREE ->
       assert(E[e].phase == DESTROYING && E[e].part == me + 1);
       to_free(e);
       if
       :: WITHOUT(STATE_BEFORE_REGION) -> pc = MF_REGION
       :: WITHOUT(BUMP_AFTER_FREE) -> pc = MF_LATE_BUMP
       :: else -> FREED
       fi
    :: pc == MF_LATE_BUMP -> bump(s); FREED
    :: pc == MF_UNLOCK -> UNLOCK_SHARD; FREED

  // ---- get_or_compute: Reservation, Directory::complete. A lookup (cp) that meets reserved entries too comes before.
    :: pc == CP_CLAIM ->
       if
       :: E[0].phase == FREE -> e = 0; pc = CR_BUILD
       :: E[0].phase != FREE && E[1].phase == FREE -> e = 1; pc = CR_BUILD
       :: else -> FINISH
       fi;
       if :: pc == CR_BUILD -> E[e].phase = BUILDING; E[e].part = me + 1 :: else fi
    :: pc == CP_LOOK ->
       if
       :: dm && E[e].phase == RESERVED && E[e].tag != 0 && !WITHOUT(NO_MEND) -> E[e].tag = 0
       :: else -> pc = (E[e].phase == LIVE && !WITHOUT(COMPUTE_WITHOUT_LOOKING_AGAIN) -> CP_DONE : CP_BUILD)
       fi;
       dm = 0
    :: pc == CP_BUILD -> assert(E[e].mutex == me + 1 && E[e].tag == 0); E[e].tag = 1; pc = CP_BUILT
    :: pc == CP_BUILT -> E[e].tag = 2; pc = CP_LOCK
    :: pc == CP_LOCK ->
       s = SHARD_OF(E[e].name);
       if
       :: WITHOUT(COMPLETE_WITHOUT_SHARD_LOCK) -> dm = E[e].leaving; pc = CP_LIVE
       :: else -> lr = CP_LIVE; pc = LOCK
       fi
    :: pc == CP_LIVE ->
       assert(E[e].phase == RESERVED && E[e].tag == 2);
       E[e].phase = LIVE; E[e].pinned = 1; E[e].doomed = 0;
       if
       :: WITHOUT(COMPLETE_WITHOUT_SHARD_LOCK) -> E[e].leaving = dm; dm = 0
       :: else
       fi;
       if :: !E[e].leaving -> N[E[e].name].bound = e + 1; E[e].met = walkers :: else fi;
       pc = CP_BUMP
    :: pc == CP_BUMP -> bump(s); pc = CP_UNLOCK
    :: pc == CP_UNLOCK -> UNLOCK_SHARD; s = 0; pc = CP_DONE
    :: pc == CP_DONE -> E[e].mutex = 0; FINISH
    :: pc == CP_THROWN ->
       if
       :: E[e].tag != 0 -> E[e].tag = 0
       :: else -> E[e].mutex = 0; P[me].weak = 0; P[me].weak_fresh = 0; cp = 0; n = 0; pc = CP_LET_GO
       fi
    :: pc == CP_LET_GO -> LET_GO

  // ---- Directory::reap_slot(rd), its slot's lock held
    :: pc == RP_CLEAR ->
       do
       :: re < ENTRIES && !(E[re].holders & B(rd)) -> re++
       :: else -> break
       od;
       if
       :: re < ENTRIES ->
          if
          :: E[re].mutex != 0 && !ALIVE(E[re].mutex - 1) && !WITHOUT(PLAIN_ENTRY_MUTEX) ->
             E[re].mutex = me + 1; pc = RP_MENDED
          :: else ->
             if :: WITHOUT(REAPER_ASKS_CHANGED_ONLY) -> old = old | B(re) :: else fi;
             if :: !WITHOUT(NO_REAPER_STEP1) -> E[re].holders = E[re].holders & ~B(rd) :: else fi;
             re++
          fi
       :: else ->
          re = 0;
          if :: WITHOUT(SLOT_FREED_FIRST) -> slots = slots & ~B(rd) :: else fi;
          pc = (WITHOUT(SHARDS_OF_THE_DEAD_LEFT) -> RP_FINISH : RP_SHARDS)
       fi
    :: pc == RP_MENDED ->
       if
       :: E[re].phase == RESERVED && E[re].tag != 0 && !WITHOUT(NO_MEND) -> E[re].tag = 0
       :: else -> E[re].mutex = 0; pc = RP_CLEAR
       fi
    :: pc == RP_SHARDS ->
       if
       :: S[0].owner == rd + 1 -> s = 0; lr = RP_SHARD_UNLOCK; pc = LOCK
       :: S[0].owner != rd + 1 && S[1].owner == rd + 1 -> s = 1; lr = RP_SHARD_UNLOCK; pc = LOCK
       :: else -> pc = RP_FINISH
       fi
    :: pc == RP_SHARD_UNLOCK -> S[s].owner = 0; s = 0; pc = RP_SHARDS
    :: pc == RP_FINISH ->
       do
       :: re < ENTRIES && (E[re].part != rd + 1 || WITHOUT(NO_REAPER_STEP2)) -> re++
       :: else -> break
       od;
       if
       :: re == ENTRIES -> re = 0; pc = RP_ASK
       :: else ->
          e = re;
          if
          :: E[e].phase == DESTROYING && WITHOUT(NO_SHARD_LOCK_BEFORE_FREE_DESTROYING) -> pc = RP_REGION
          :: E[e].phase == BUILDING && !WITHOUT(LINK_THEN_LIVE) -> pc = RP_REGION
          :: else -> s = SHARD_OF(E[e].name); lr = RP_UNLOCK; pc = LOCK
          fi
       fi
    :: pc == RP_UNLOCK -> S[s].owner = 0; s = 0; pc = RP_REGION
    :: pc == RP_REGION -> assert(E[e].part == rd + 1 && NOBODY_HOLDS(e)); E[e].tag = 0; pc = RP_FREE
    :: pc == RP_FREE -> assert(E[e].part == rd + 1); to_free(e); e = 0; pc = RP_FINISH
    :: pc == RP_ASK ->
       if
       :: re == ENTRIES || WITHOUT(NO_REAPER_STEP3) -> e = 0; pc = RP_SLOT
       :: else ->
          e = re; re++;
          if
          :: WITHOUT(REAPER_ASKS_CHANGED_ONLY) && !(old & B(e)) -> skip
          :: else -> mr = RP_ASK; pc = MF_STATE
          fi
       fi
    :: pc == RP_SLOT -> slots = slots & ~B(rd); P[rd].lock = 0; rd = 0; re = 0; FINISH
    fi
  }
  od
}

proctype Participant(byte me) {
  LOCALS;
  machine(operations)
}

// Who comes when all is over: reaps what is left, and looks whether all is as it must be.
#define CHECK(i)                                                                        \
  assert(E[i].phase == FREE || HOLDABLE(i));                                            \
  assert(!E[i].doomed);                                                                 \
  assert(E[i].part == 0);                                                               \
  assert(((E[i].holders & B(0)) != 0) == HELD_BY(0, i));                                \
  assert(((E[i].holders & B(1)) != 0) == HELD_BY(1, i));                                \
  assert((E[i].holders >> 2) == (WORKERS > 2 && HELD_BY(2, i)));                        \
  if                                                                                    \
  :: E[i].phase == FREE -> assert(!E[i].tag && E[i].holders == 0 && !E[i].leaving)      \
  :: else ->                                                                            \
     assert(E[i].tag == 2 || E[i].phase == RESERVED);                                   \
     assert(E[i].mutex == 0);                                                           \
     assert(E[i].holders != 0 || (E[i].pinned && !E[i].leaving));                       \
     find_entry(SHARD_OF(E[i].name), i);                                                \
     assert(E[i].leaving == (cur == 0))                                                 \
  fi

proctype Judge(byte me) {
  LOCALS;
  atomic {
    running == 0 && busy == 0 -> kills = 0;
    machine(0);
    d_step {
      CHECK(0);
      CHECK(1);
#if ENTRIES > 2
      CHECK(2);
#endif
      find_name(SHARD_OF(0), 0);
      assert(cur == N[0].bound || (N[0].bound == 0 && E[cur - 1].phase == RESERVED));
      find_name(SHARD_OF(1), 1);
      assert(cur == N[1].bound || (N[1].bound == 0 && E[cur - 1].phase == RESERVED));
      assert(S[0].owner == 0 && S[1].owner == 0)
    }
  }
}

// The states that a run starts from.
#define LINKED(i, nm, pin, who)                                                         \
  E[i].phase = LIVE; E[i].name = nm; E[i].pinned = pin; E[i].tag = 2; E[i].holders = who; \
  E[i].next = S[SHARD_OF(nm)].head; S[SHARD_OF(nm)].head = i + 1; N[nm].bound = i + 1
#define OPENING(k) (opening == 99 || opening == (k)) ->

#include "settings.inc"


init {
  d_step {
    c_code {
      mutant = setting("MUTANT", 0); shards = setting("SHARDS", 1); menu = setting("MENU", 127);
      opening = setting("START", 99); tries_max = setting("TRIES", 2); operations = setting("OPS", 2);
      now.kills = setting("KILLS", 2);
    };
    S[0].moved = ALL; S[1].moved = ALL
  };
  if
  :: d_step { OPENING(0) skip }
  :: d_step { OPENING(1) LINKED(0, 0, 0, B(0)); P[0].held = 1 }
  :: d_step { OPENING(2) LINKED(0, 0, 1, 0) }
  :: d_step { OPENING(3) LINKED(1, 1, 1, 0); LINKED(0, 0, 1, 0) }
  :: d_step { OPENING(4) LINKED(0, 0, 0, B(0) + B(1)); P[0].held = 1; P[1].held = 1 }
  :: d_step { OPENING(5) LINKED(0, 0, 1, B(0)); S[0].head = 0; N[0].bound = 0; E[0].leaving = 1; P[0].held = 1; P[1].weak = 1; P[1].weak_fresh = 1 }
  :: d_step { OPENING(6) LINKED(1, 1, 0, B(1)); LINKED(0, 0, 0, B(0)); P[0].held = 1; P[1].held = 2 }
  :: d_step { OPENING(7) LINKED(1, 1, 0, B(1)); LINKED(0, 0, 1, B(0)); P[0].held = 1; P[1].held = 2 }
  :: d_step { OPENING(8) LINKED(1, 1, 1, 0); LINKED(0, 0, 0, B(0)); P[0].held = 1 }
  fi;
  atomic {
    run Participant(0);
    run Participant(1);
#if WORKERS > 2
    run Participant(2);
#endif
#if REAPERS > 0
    run Participant(WORKERS);
#endif
#if REAPERS > 1
    run Participant(WORKERS + 1);
#endif
    run Judge(JUDGE)
  }
}
