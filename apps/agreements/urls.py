from django.urls import path

from .views import agreements, circuit, drafts, ledger, life, modes, obligations, paper

app_name = "agreements"
urlpatterns = [
    path("", agreements.AgreementList.as_view(), name="agreement_list"),
    path("new/", drafts.AgreementCreate.as_view(), name="agreement_create"),
    path("<int:pk>/", agreements.agreement_detail, name="agreement_detail"),
    path("<int:pk>/edit/", drafts.AgreementEdit.as_view(), name="agreement_edit"),
    path("<int:pk>/submit/", circuit.agreement_submit_act, name="agreement_submit"),
    path("<int:pk>/sign/", circuit.AgreementSign.as_view(), name="agreement_sign"),
    path("<int:pk>/suspend/", life.AgreementSuspend.as_view(), name="agreement_suspend"),
    path("<int:pk>/resume/", life.agreement_resume_act, name="agreement_resume"),
    path("<int:pk>/terminate/", life.AgreementTerminate.as_view(), name="agreement_terminate"),
    path("<int:pk>/obligations/", obligations.obligation_list, name="obligations"),
    path("obligations/<int:pk>/report/", obligations.ObligationReport.as_view(), name="obligation_report"),
    path("obligations/<int:pk>/confirm/", obligations.obligation_confirm_act, name="obligation_confirm"),
    path("obligations/<int:pk>/dispute/", obligations.ObligationDispute.as_view(), name="obligation_dispute"),
    path("obligations/<int:pk>/waive/", obligations.ObligationWaive.as_view(), name="obligation_waive"),
    path("<int:pk>/ledger/", ledger.ledger_page, name="ledger"),
    path("<int:pk>/ledger/new/", ledger.LedgerRecord.as_view(), name="ledger_record"),
    path("ledger/<int:pk>/void/", ledger.LedgerVoid.as_view(), name="ledger_void"),
    path("ledger/<int:pk>/evidence/", ledger.ledger_evidence, name="ledger_evidence"),
    path("<int:pk>/pdf/", paper.agreement_paper, name="agreement_pdf"),
    path("<int:pk>/bundle/", paper.agreement_zip, name="agreement_bundle"),
    path("verify/", paper.verify, name="verify"),
    path("modes/", modes.mode_list, name="mode_list"),
    path("modes/new/", modes.ModeCreate.as_view(), name="mode_create"),
    path("modes/<slug:pk>/", modes.mode_detail, name="mode_detail"),
    path("modes/<slug:pk>/edit/", modes.ModeEdit.as_view(), name="mode_edit"),
    path("modes/<slug:pk>/retire/", modes.mode_retire_act, name="mode_retire"),
    path("modes/<slug:pk>/text/", modes.TemplateEdit.as_view(), name="mode_template"),
]
