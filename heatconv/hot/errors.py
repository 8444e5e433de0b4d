class TemplateError(ValueError):
    pass
