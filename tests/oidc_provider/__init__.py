"""An OpenID Connect provider, as a university may run one: a Django project of its own, started as a process by tests."""
