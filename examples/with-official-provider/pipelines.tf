# Using `ref` in the YAML also sets the order: Terraform creates the connector before the pipeline and destroys it after.
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
