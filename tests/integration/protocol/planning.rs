//! Plans: what is known when, what replaces, and that the plan at apply time agrees with the first.
//!
//! The [`Session`] checks every plan as Terraform does; these tests check what this resource promises beyond that.

use tf_provider::value::{Type, Value};

use super::connector::{large, paths, replaced, small};
use super::session::{Plan, Session, State, attribute_path, sentences};

/// Returns where planned values are unknown.
fn unknown_paths(ty: &Type, plan: &Plan) -> Vec<String> {
    let unknown = |path: &String| {
        plan.planned
            .value
            .get_path(&attribute_path(path))
            .is_some_and(Value::is_unknown)
    };
    paths(ty).into_iter().filter(unknown).collect()
}

#[tokio::test]
async fn unknown_values_anywhere_are_never_checked() {
    let session = Session::start().await;
    for config in [small(&session.ty), large(&session.ty)] {
        assert_eq!(sentences(&session.validate(&config).await), [""; 0]);
        for path in paths(&session.ty) {
            let parent_is_given = path.rsplit_once('.').is_none_or(|(parent, _)| {
                let parent = attribute_path(parent);
                config.get_path(&parent).is_some_and(Value::is_known)
            });
            if !parent_is_given {
                continue;
            }
            let unknown = replaced(&config, &path, &Value::unknown());
            let findings = session.validate(&unknown).await;
            // Of two arguments that exclude each other, one is given and the other unknown: it may still become null.
            assert_eq!(sentences(&findings), [""; 0], "{path}");
        }
    }
    let Type::Object(attributes) = &session.ty else {
        panic!("{}", session.ty);
    };
    let nothing_known = Value::object(
        attributes
            .keys()
            .map(|name| (name.clone(), Value::unknown())),
    );
    assert_eq!(sentences(&session.validate(&nothing_known).await), [""; 0]);
    session.shut_down().await;
}

#[tokio::test]
async fn a_creation_knows_all_that_follows_from_the_configuration() {
    let session = Session::start().await;
    let plan = session
        .plan(&State::none(), &small(&session.ty))
        .await
        .clean();
    assert_eq!(unknown_paths(&session.ty, &plan), [""; 0]);
    assert_eq!(plan.planned.text("identifier"), Some("Bitbucket_Cloud"));
    assert_eq!(plan.planned.text("id"), Some("Bitbucket_Cloud"));
    assert_eq!(plan.planned.text("ref"), Some("account.Bitbucket_Cloud"));
    assert_eq!(plan.planned.text("connectivity_mode"), Some("Delegate"));
    assert_eq!(plan.requires_replace, [""; 0]);

    let plan = session
        .plan(&State::none(), &large(&session.ty))
        .await
        .clean();
    assert_eq!(plan.planned.text("id"), Some("platform/payments/bitbucket"));
    assert_eq!(plan.planned.text("ref"), Some("bitbucket"));
    session.shut_down().await;
}

#[tokio::test]
async fn dependent_values_are_unknown_and_the_second_plan_agrees() {
    let session = Session::start().await;
    let config = large(&session.ty);
    let rows: [(&str, &[&str]); 9] = [
        ("name", &["name"]),
        ("identifier", &["id", "identifier", "ref"]),
        ("org_id", &["id", "org_id", "ref"]),
        ("url", &["url"]),
        ("tags", &["tags"]),
        ("delegate_selectors", &["delegate_selectors"]),
        ("connectivity_mode", &["connectivity_mode"]),
        (
            "credentials.http.password_ref",
            &["credentials.http.password_ref"],
        ),
        (
            "api_access.username_token.username",
            &["api_access.username_token.username"],
        ),
    ];
    for (path, expected) in rows {
        let unknown = replaced(&config, path, &Value::unknown());
        let first = session.plan(&State::none(), &unknown).await.clean();
        assert_eq!(unknown_paths(&session.ty, &first), expected, "{path}");
        let state = session.apply(&first, &config).await.clean();
        let destroy = session.plan(&state, &Value::Null).await.clean();
        assert_eq!(
            session.apply(&destroy, &Value::Null).await.clean().value,
            Value::Null
        );
    }
    // Without an identifier of its own, everything depends on the name.
    let config = replaced(&config, "identifier", &Value::Null);
    let unknown = replaced(&config, "name", &Value::unknown());
    let first = session.plan(&State::none(), &unknown).await.clean();
    assert_eq!(
        unknown_paths(&session.ty, &first),
        ["id", "identifier", "name", "ref"]
    );
    let state = session.apply(&first, &config).await.clean();
    assert_eq!(state.text("identifier"), Some("Bitbucket_Cloud"));
    session.shut_down().await;
}

#[tokio::test]
async fn nothing_is_planned_where_nothing_changed() {
    let session = Session::start().await;
    for config in [small(&session.ty), large(&session.ty)] {
        let state = session.bring(&State::none(), &config).await;
        let state = session.read(&state).await.clean();
        let plan = session.plan(&state, &config).await.clean();
        assert_eq!(plan.planned, state);
        assert_eq!(plan.requires_replace, [""; 0]);
    }
    session.shut_down().await;
}

#[tokio::test]
async fn an_update_keeps_what_was_settled_at_creation() {
    let session = Session::start().await;
    let config = small(&session.ty);
    let state = session.bring(&State::none(), &config).await;
    let renamed = replaced(&config, "name", &Value::string("Another name"));
    let plan = session.plan(&state, &renamed).await.clean();
    assert_eq!(unknown_paths(&session.ty, &plan), [""; 0]);
    assert_eq!(plan.requires_replace, [""; 0]);
    for kept in ["identifier", "id", "ref"] {
        assert_eq!(plan.planned.text(kept), state.text(kept), "{kept}");
    }
    let updated = session.apply(&plan, &renamed).await.clean();
    assert_eq!(updated.text("name"), Some("Another name"));
    // What the name would yield now no longer matters.
    let again = session.plan(&updated, &renamed).await.clean();
    assert_eq!(again.planned, updated);
    session.shut_down().await;
}

#[tokio::test]
async fn identifier_and_scope_replace_and_nothing_else_does() {
    let session = Session::start().await;
    let config = large(&session.ty);
    let state = session.bring(&State::none(), &config).await;
    for (path, new) in [
        ("identifier", Value::string("another")),
        ("org_id", Value::string("default")),
        ("project_id", Value::string("website")),
        ("project_id", Value::Null),
        ("project_id", Value::unknown()),
        ("identifier", Value::unknown()),
    ] {
        let changed = replaced(&config, path, &new);
        let plan = session.plan(&state, &changed).await.clean();
        assert_eq!(plan.requires_replace, [path], "{new:?}");
        // For the replacement, Terraform plans as for a creation.
        let creation = session.plan(&State::none(), &changed).await.clean();
        assert_eq!(creation.requires_replace, [""; 0]);
    }
    for path in paths(&session.ty) {
        let path_is_given = config
            .get_path(&attribute_path(&path))
            .is_some_and(|value| value.as_str().is_some());
        let in_place = !["identifier", "org_id", "project_id"].contains(&path.as_str());
        if path_is_given && in_place {
            let changed = replaced(&config, &path, &Value::unknown());
            let plan = session.plan(&state, &changed).await.clean();
            assert_eq!(plan.requires_replace, [""; 0], "{path}");
        }
    }
    session.shut_down().await;
}

#[tokio::test]
async fn a_destroy_is_planned_as_null_and_keeps_the_private_data() {
    let session = Session::start().await;
    let state = session.bring(&State::none(), &small(&session.ty)).await;
    assert!(!state.private.is_empty());
    let plan = session.plan(&state, &Value::Null).await.clean();
    assert_eq!(plan.planned.value, Value::Null);
    assert_eq!(plan.planned.private, state.private);
    assert_eq!(plan.requires_replace, [""; 0]);
    session.shut_down().await;
}
