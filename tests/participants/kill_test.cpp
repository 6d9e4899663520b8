// SIGKILL at every system call of attaching, committing, forking, reaping and leaving. Between two
// system calls, what is written is a mark or a word; the kill at every instruction is tests/kill's.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "participants/fake_inhabitants.hpp"
#include "participants/file_lock.hpp"
#include "participants/robust_lock.hpp"
#include "participants/stepped.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::RegistryName;
using test::Stepped;

// The whole life of a participant.
void live(std::string_view name) {
  Attached attached(name);
  attached->segment().commit(attached->segment().geometry().heap, 4096);
  // Its end comes with its parent's, or before.
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(attached.reap().participants, 1U);
  {
    RobustGuard guard(attached->segment().shards()[0].mutex, *attached);
    if (guard.owner_died()) {
      guard.mended();
    }
  }
  attached.leave();
}

// Everything that a survivor may ask for, whatever was there before.
void expect_sound(std::string_view name) {
  Attached survivor(name);
  survivor.reap();
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    EXPECT_FALSE(survivor->is_dead(slot)) << slot;
  }
  Shard& shard = survivor->segment().shards()[0];
  {
    RobustGuard guard(shard.mutex, *survivor);
    if (guard.owner_died()) {
      guard.mended();
    }
  }
  survivor->segment().commit(survivor->segment().geometry().heap, 4096);
}

TEST(Kill, AtAnySystemCallOfTheOnlyParticipantLeavesASoundRegistryOrNone) {
  RegistryName name("alone");
  int stops = 0;
  for (bool ended = false; !ended; ++stops) {
    {
      Stepped victim([&] { live(name); });
      int left = stops;
      while (left > 0 && !ended) {
        ended = !victim.step();
        --left;
      }
      if (ended) {
        EXPECT_EQ(victim.exit_code(), 0);
      } else {
        victim.kill();
      }
    }
    expect_sound(name);
    EXPECT_FALSE(name.exists()) << "killed at stop " << stops;
    if (HasFailure()) {
      break;
    }
  }
  EXPECT_GT(stops, 60) << "it was not stopped at its system calls";
}

TEST(Kill, AtAnySystemCallOfOneParticipantIsNothingToAnother) {
  RegistryName name("beside");
  int stops = 0;
  for (bool ended = false; !ended; ++stops) {
    Stepped victim([&] { live(name); });
    Attached witness(name);
    const FileIdentity identity = witness->identity();
    int left = stops;
    while (left > 0 && !ended) {
      ended = !victim.step();
      --left;
    }
    if (ended) {
      EXPECT_EQ(victim.exit_code(), 0);
    } else {
      victim.kill();
    }
    witness->require_attached();
    witness.reap();
    EXPECT_EQ(witness->participants(), 1U) << "killed at stop " << stops;
    {
      Attached other(name, OpenMode::attach_existing);
      EXPECT_EQ(other->identity(), identity);
    }
    witness.leave();
    EXPECT_FALSE(name.exists());
    if (HasFailure()) {
      break;
    }
  }
  EXPECT_GT(stops, 60) << "it was not stopped at its system calls";
}

}  // namespace
}  // namespace ipcarc::detail
