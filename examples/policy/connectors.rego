# Checks plans that change Bitbucket connectors. For OPA 1.0 or later and conftest:
#
#   terraform plan -out=plan.bin && terraform show -json plan.bin > plan.json
#   conftest test --policy examples/policy plan.json
package main

changes contains change if {
	some change in input.resource_changes
	change.type == "harness_bitbucket_connector"
	change.change.actions != ["no-op"]
}

# Pipelines and triggers refer to a connector by its identifier, and fail without it.
deny contains message if {
	some change in changes
	"delete" in change.change.actions
	not change.change.before.tags.disposable
	message := sprintf(
		"%s: \"%s\" is %s. To allow that, apply the tag `disposable` first.",
		[change.address, change.change.before.id, fate(change)],
	)
}

fate(change) := "replaced" if "create" in change.change.actions

fate(change) := "destroyed" if not "create" in change.change.actions

# Harness would send the credentials unencrypted.
deny contains message if {
	some change in changes
	startswith(change.change.after.url, "http://")
	message := sprintf(
		"%s: `url` starts with http://. Write https://.",
		[change.address],
	)
}

# Without a test, nothing shows whether the connector works.
deny contains message if {
	some change in changes
	change.change.after.connection_test == "off"
	message := sprintf(
		"%s: `connection_test` is \"off\". Write \"warn\" or \"require\".",
		[change.address],
	)
}

# Anyone who can edit the project's pipelines can use what its connectors can reach.
warn contains message if {
	some change in changes
	change.change.after.project_id != null
	some reference in references(change.change.after)
	startswith(lower(reference), "account.")
	message := sprintf(
		"%s: the project \"%s\" uses the account's secret \"%s\".",
		[change.address, change.change.after.project_id, reference],
	)
}

references(connector) := {value |
	some block in ["credentials", "api_access"]
	walk(connector[block], [path, value])
	is_string(value)
	endswith(path[count(path) - 1], "_ref")
}
