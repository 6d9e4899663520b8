#include "participants/attachment.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "participants/fake_inhabitants.hpp"
#include "participants/file_lock.hpp"
#include "participants/robust_lock.hpp"
#include "participants/slots.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::code_of;
using test::RegistryName;

TEST(Attachment, CreatesARegistryThatIsThereAndReadyForTheNext) {
  RegistryName name("create");
  Attached first(name);
  EXPECT_TRUE(first.created());
  EXPECT_TRUE(name.exists());
  EXPECT_EQ(first->slot(), 0U);
  EXPECT_EQ(first->id(), 1U);
  EXPECT_EQ(first->incarnation(), 1U);
  EXPECT_EQ(first->participants(), 1U);
  const Participant& mine = first->segment().participants()[0];
  EXPECT_EQ(mine.pid.load(), static_cast<std::uint32_t>(::getpid()));
  EXPECT_GT(mine.attached_ns.load(), 0U);
  EXPECT_FALSE(first->detached());
  first->require_attached();
}

TEST(Attachment, InitialisesEveryMutexOfTheTables) {
  RegistryName name("mutexes");
  Attached first(name);
  Segment& segment = first->segment();
  std::vector<pthread_mutex_t*> mutexes{&segment.header().heap.run_mutex.mutex,
                                        &segment.header().types_mutex.mutex};
  for (std::uint32_t i = 0; i < segment.geometry().shard_count; ++i) {
    mutexes.push_back(&segment.shards()[i].mutex.mutex);
  }
  for (pthread_mutex_t* mutex : mutexes) {
    ASSERT_EQ(try_lock_robust(*mutex), LockResult::acquired);
    EXPECT_EQ(try_lock_robust(*mutex), LockResult::timed_out);
    unlock_robust(*mutex);
  }
}

TEST(Attachment, AttachesOnlyToWhatIsThere) {
  RegistryName name("attach");
  std::string message;
  EXPECT_EQ(code_of([&] { Attached(name, OpenMode::attach_existing); }, &message), Errc::not_found);
  EXPECT_NE(message.find(name.str()), std::string::npos) << message;
  EXPECT_FALSE(name.exists());
  Attached first(name);
  Attached second(name, OpenMode::attach_existing);
  EXPECT_FALSE(second.created());
}

TEST(Attachment, IsAskedForOnceAProcess) {
  RegistryName name("once");
  Attached first(name);
  FileIdentity asked;
  const OpenResult again =
      Attachment::open(name, {}, OpenMode::open_or_create, [&](const FileIdentity& identity) {
        asked = identity;
        return true;
      });
  EXPECT_EQ(again.attachment, nullptr);
  EXPECT_EQ(again.already, first->identity());
  EXPECT_EQ(asked, first->identity());
  EXPECT_EQ(first->participants(), 1U);
  Attached other(name, OpenMode::attach_existing);
  EXPECT_FALSE(first->is_dead(other->slot())) << "the look of another description took a lock away";
  EXPECT_FALSE(other->is_dead(first->slot()));
}

TEST(Attachment, GivesTwoCopiesOfTheLibraryInOneProcessASlotEach) {
  RegistryName name("copies");
  Attached first(name);
  Attached second(name);
  EXPECT_NE(first->slot(), second->slot());
  EXPECT_NE(first->segment().base(), second->segment().base());
  EXPECT_FALSE(first->is_dead(second->slot()));
  EXPECT_FALSE(second->is_dead(first->slot()));
  EXPECT_EQ(first.reap().participants, 0U);
  EXPECT_EQ(second.reap().participants, 0U);
  EXPECT_EQ(first->participants(), 2U);
  first.leave();
  EXPECT_TRUE(name.exists());
  EXPECT_EQ(second->participants(), 1U);
  second->require_attached();
  second.leave();
  EXPECT_FALSE(name.exists());
}

TEST(Attachment, RemovesTheFileWithItsLastParticipant) {
  RegistryName name("last");
  Attached first(name);
  const test::Exit exit = test::run_in_child([&] {
    Attached second(name, OpenMode::attach_existing);
    EXPECT_NE(second->slot(), first->slot());
  });
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_TRUE(name.exists());
  first.leave();
  EXPECT_FALSE(name.exists());
}

TEST(Attachment, KeepsTheFileWhileSomethingIsPinned) {
  RegistryName name("pinned");
  {
    Attached first(name);
    first.inhabitants.pinned = true;
  }
  EXPECT_TRUE(name.exists());
  Attached second(name);
  EXPECT_FALSE(second.created());
  EXPECT_EQ(second->incarnation(), 2U) << "the same slot, another participant";
  second.leave();
  EXPECT_FALSE(name.exists());
}

TEST(Attachment, NeverRemovesAnotherFileThatHasItsName) {
  RegistryName name("renamed");
  Attached first(name);
  ::unlink(name.path().c_str());
  Attached second(name);
  EXPECT_TRUE(second.created());
  EXPECT_NE(first->identity(), second->identity());
  first.leave();
  EXPECT_TRUE(name.exists());
}

TEST(Attachment, LeavesOnce) {
  RegistryName name("twice");
  Attached first(name);
  Attached second(name);
  first->leave(first.inhabitants);
  EXPECT_EQ(code_of([&] { first->require_attached(); }), Errc::permission_denied);
  EXPECT_EQ(code_of([&] { first.reap(); }), Errc::permission_denied);
  first->leave(first.inhabitants);
  EXPECT_EQ(second->participants(), 1U);
}

TEST(Attachment, ThatIsDroppedBeforeItIsEnrolledFreesItsSlot) {
  RegistryName name("dropped");
  Attached first(name);
  {
    const OpenResult result =
        Attachment::open(name, {}, OpenMode::attach_existing, Attached::not_attached);
    EXPECT_EQ(first->participants(), 2U);
  }
  EXPECT_EQ(first->participants(), 1U);
  EXPECT_EQ(first.reap().participants, 0U);
}

TEST(Attachment, IsDestroyedByNameWhileItsUsersKeepTheirs) {
  RegistryName name("destroy");
  EXPECT_FALSE(Attachment::destroy(name, {}));
  Attached first(name);
  EXPECT_TRUE(Attachment::destroy(name, {}));
  EXPECT_FALSE(name.exists());
  EXPECT_FALSE(Attachment::destroy(name, {}));
  first->require_attached();
  first->segment().commit(first->segment().geometry().heap, 4096);
  Attached second(name);
  EXPECT_TRUE(second.created());
  first.leave();
  EXPECT_TRUE(name.exists());
}

TEST(Attachment, DestroysATornFileToo) {
  RegistryName name("torn");
  std::FILE* const file = std::fopen(name.path().c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("half a", file);
  std::fclose(file);
  EXPECT_TRUE(Attachment::destroy(name, {}));
  EXPECT_FALSE(name.exists());
}

TEST(Attachment, DestroysNoNameThatIsNone) {
  EXPECT_EQ(code_of([] { Attachment::destroy("", {}); }), Errc::bad_name);
  EXPECT_EQ(code_of([] { Attachment::destroy("a/b", {}); }), Errc::bad_name);
}

TEST(Attachment, LeavesAFullFilesystemAsItWas) {
  const auto small = test::SmallFilesystem::mount(4 * 1024 * 1024);
  if (!small) {
    GTEST_SKIP() << "no right to mount a filesystem";
  }
  Options options = Attached::small();
  options.directory = small->path();
  small->fill(8192);
  EXPECT_EQ(code_of([&] { Attached("full", OpenMode::open_or_create, options); }),
            Errc::out_of_memory);
  EXPECT_EQ(small->free_bytes(), 8192U);
  small->drain();
  Attached first("full", OpenMode::open_or_create, options);
  EXPECT_TRUE(first.created());
}

TEST(Attachment, WaitsForWhoAttachesOrLeavesAtTheMoment) {
  RegistryName name("waits");
  Attached first(name);
  const Descriptor other =
      open_again(first->segment().descriptor(), first->identity(), name.path().c_str());
  ASSERT_EQ(lock_byte(other.get(), lifecycle_byte), 0);
  const test::Signal attached;
  test::Child child([&] {
    Attached second(name, OpenMode::attach_existing);
    attached.give();
  });
  EXPECT_FALSE(attached.await(std::chrono::seconds(1)));
  unlock_byte(other.get(), lifecycle_byte);
  EXPECT_TRUE(attached.await());
  const test::Exit exit = child.wait();
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST(Attachment, FillsEverySlotAndRefusesOneMore) {
  RegistryName name("every");
  std::vector<std::unique_ptr<Attached>> all;
  std::vector<bool> taken(max_participants);
  for (std::uint32_t i = 0; i < max_participants; ++i) {
    all.push_back(std::make_unique<Attached>(name));
    EXPECT_FALSE((*all.back())->slot() >= max_participants || taken[(*all.back())->slot()]);
    taken[(*all.back())->slot()] = true;
  }
  std::string message;
  EXPECT_EQ(code_of([&] { Attached(name, OpenMode::attach_existing); }, &message),
            Errc::too_many_processes);
  EXPECT_NE(message.find("256"), std::string::npos) << message;
  all[77]->leave();
  Attached again(name);
  EXPECT_EQ(again->slot(), 77U);
  EXPECT_FALSE(again.inherited());
}

TEST(SlotState, CountsIncarnationsAndSkipsZero) {
  SlotState state;
  EXPECT_FALSE(state.active());
  state = state.claimed();
  EXPECT_TRUE(state.active());
  EXPECT_EQ(state.incarnation(), 1U);
  EXPECT_FALSE(state.unmarked().active());
  EXPECT_EQ(state.unmarked().incarnation(), 1U);
  EXPECT_EQ(SlotState{std::uint64_t{0xFFFFFFFF} << 32}.claimed().incarnation(), 1U);
}

}  // namespace
}  // namespace ipcarc::detail
