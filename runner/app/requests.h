// Commands of people, between the inbox's JSON and the core's inputs. Layer 6.
#pragma once

#include <string>
#include <vector>

#include "model/result.h"
#include "runner/app/controller.h"
#include "runner/io/inbox.h"

namespace sweepjob {

// What the inbox holds for one command, and back. Usage for an unknown verb or bad arguments.
//   pause {}  unpause {}  cancel {"reason"?, "trial"?}  retry {"trial"}
//   update {"max_total_trials"?, "max_concurrent_trials"?, "timeout"?, "trial_timeout"?}
[[nodiscard]] Result<UserRequest> read_request(const InboxRequest& request);
[[nodiscard]] Value answer_document(const RequestHandled& handled);

class InboxRequests final : public RequestSource {
 public:
  explicit InboxRequests(std::string sweep_folder) : inbox_(std::move(sweep_folder)) {}

  [[nodiscard]] Result<void> prepare() { return inbox_.prepare(); }
  std::vector<UserRequest> poll() override;
  void answer(const RequestHandled& handled) override;

 private:
  Inbox inbox_;
};

}  // namespace sweepjob
