# SPDX-License-Identifier: BSD-2-Clause
# mutants.mk - one thing is made wrong at a time, and the test that is named for it must fail

.PHONY: test-mutants

test-mutants: ## wrong orders, missing barriers and checks: each must make its test fail (root; 20 minutes)
test-mutants: deps-check
	$(Q)tests/mutants/run.py $(wildcard tests/mutants/*.txt)
