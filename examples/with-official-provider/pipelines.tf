# `ref` in the YAML orders the operations too: the connector is created before what uses it, and destroyed after it.
resource "harness_platform_pipeline" "build" {
  provider = official

  identifier = "build"
  name       = "Build"
  org_id     = "platform"
  project_id = "website"
  yaml       = local.pipeline_yaml
}

resource "harness_platform_triggers" "push" {
  provider = official

  identifier = "push"
  name       = "Push"
  org_id     = "platform"
  project_id = "website"
  target_id  = harness_platform_pipeline.build.identifier
  yaml       = local.trigger_yaml
}
