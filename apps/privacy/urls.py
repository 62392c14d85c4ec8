from django.urls import path

from .views import erasures, guardians, own

app_name = "privacy"
urlpatterns = [
    path("", own.overview, name="overview"),
    path("copy/<int:pk>/", own.copy_ask_act, name="copy_ask"),
    path("disclosures/", own.DisclosureList.as_view(), name="disclosure_list"),
    path("consents/", own.consent_list, name="consent_list"),
    path("consents/<int:pk>/give/", own.consent_give_act, name="consent_give"),
    path("consents/<int:pk>/withdraw/", own.consent_withdraw_act, name="consent_withdraw"),
    path("erasure/", erasures.ErasureAsk.as_view(), name="erasure_ask"),
    path("erasures/", erasures.ErasureList.as_view(), name="erasure_list"),
    path("erasures/<int:pk>/withdraw/", erasures.erasure_withdraw_act, name="erasure_withdraw"),
    path("erasures/<int:pk>/refuse/", erasures.ErasureRefuse.as_view(), name="erasure_refuse"),
    path("erasures/<int:pk>/carry-out/", erasures.erasure_carry_out_act, name="erasure_carry_out"),
    path("people/<int:pk>/guardians/", guardians.guardian_list, name="guardian_list"),
    path("people/<int:pk>/guardians/new/", guardians.GuardianRegister.as_view(), name="guardian_register"),
    path("people/<int:pk>/guardians/withdraw/", guardians.withdraw_act, name="guardian_consent_withdraw"),
    path("guardians/<int:pk>/ask/", guardians.ask_again_act, name="guardian_ask_again"),
    path("guardians/<int:pk>/end/", guardians.end_act, name="guardian_end"),
    path("guardians/<int:pk>/paper/", guardians.PaperConsent.as_view(), name="paper_consent"),
    path("guardian/<str:key>/", guardians.GuardianAnswer.as_view(), name="guardian_answer"),
]
