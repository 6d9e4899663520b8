// The two Dekker pairs of DESIGN section 5 on a machine with store buffers (as x86 has): each needs the store to be seen by all before the
// load that follows it, on both sides. `FENCE` stands for what seq_cst adds to the store. README.md has the argument for the rest.
//
// PAIR 1: set my bit, read doomed / set doomed, read bits.   Both reading the old value: freed while held.
// PAIR 2: clear my bit, read leaving / set leaving, read bits. The old value each: nobody asks maybe_free, the entry is lost.
// MUTANT 1: no fence on the holder's side; 2: none on the other side.

hidden byte mutant, pair;

byte memory[2];     // 0: the bit; 1: doomed or leaving
byte buffer[2];     // each process's store that is not seen yet: 0 none, else the value + 1; process 0 stores to memory[0], 1 to memory[1]
byte seen[2];
byte done;

#include "settings.inc"

proctype Process(byte me; byte value; bit fence) {
  buffer[me] = value + 1;
  if
  :: fence -> buffer[me] == 0
  :: else
  fi;
  // A process sees its own buffered store; it loads the other's word from memory.
  d_step { seen[me] = memory[1 - me]; done++ }
}

proctype Buffer(byte owner) {
  d_step { buffer[owner] != 0 -> memory[owner] = buffer[owner] - 1; buffer[owner] = 0 }
}

init {
  d_step { c_code { mutant = setting("MUTANT", 0); pair = setting("PAIR", 1); }; memory[0] = (pair == 2) };
  atomic {
    run Process(0, pair == 1, mutant != 1);
    run Process(1, 1, mutant != 2);
    run Buffer(0);
    run Buffer(1)
  };
  done == 2 ->
  // The holder sees the mark, or the other sees what became of the bit.
  assert(seen[0] == 1 || seen[1] == (pair == 1))
}
