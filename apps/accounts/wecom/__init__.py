"""Sign-in with WeCom (企业微信), as a provider of django-allauth: the web login of an application of one's own corporation.

Documented at https://developer.work.weixin.qq.com/document/path/98151 (the page) and path/91437 (who scanned). Installed when
``WECOM_CLIENT_ID`` (the corporation), ``WECOM_CLIENT_SECRET`` and ``WECOM_AGENT_ID`` (the application) are set.
"""
